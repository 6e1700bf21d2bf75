/** A value that a study did not compute. */
export const ABSENT = '–';

/** Fixed digits with a true minus sign: measures on a unit scale are shown with three. */
export function fixed(value: number | null, digits = 3): string {
  return value === null ? ABSENT : withMinus(zeroUnsigned(value.toFixed(digits)));
}

/** Three significant digits, in powers of ten where a plain number would hide them. */
export function significant(value: number | null): string {
  if (value === null) return ABSENT;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4)
    return withMinus(value.toExponential(2).replace('e+', 'e'))
      .replace(/e(.*)$/, ' × 10^$1')
      .replace(/\^-?−?\d+$/, superscript);
  return withMinus(size >= 100 ? value.toFixed(0) : value.toPrecision(3));
}

/** Share in [0, 1] as a percentage with one digit. */
export function percent(value: number | null, digits = 1): string {
  return value === null ? ABSENT : `${fixed(value * 100, digits)}\u00a0%`;
}

/** Whole number in groups of three: 272,186. */
export function whole(value: number): string {
  return withMinus(String(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A permutation p: small ones are cut at a thousandth. */
export function pValue(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** Signed to two digits, as correlations are given: +0.42. */
export function signed(value: number | null): string {
  if (value === null) return ABSENT;
  const text = fixed(value, 2);
  return value > 0 && text !== '0.00' ? `+${text}` : text;
}

/** Ends of an interval: [+0.17, +0.54]. There is none where one of the columns is constant. */
export function interval({ low, high }: { readonly low: number | null; readonly high: number | null }): string {
  return low === null || high === null ? 'no interval' : `[${signed(low)}, ${signed(high)}]`;
}

function withMinus(text: string): string {
  return text.replace(/-/g, '−');
}

function zeroUnsigned(text: string): string {
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

function superscript(power: string): string {
  return Array.from(power.slice(1), (character) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(character)] ?? '⁻').join('');
}
