const LN2_HIGH = 0x162e42fef / 0x200000000; // ln 2 to 33 bits: exact when multiplied by an exponent
const LN2_LOW = 7.440617110012397e-11; // the rest of ln 2
const SMALLEST_NORMAL = 2.2250738585072014e-308; // 2^-1022
const SQRT2 = Math.SQRT2;
const bits = new DataView(new ArrayBuffer(8));

/**
 * The natural logarithm, the same bits on every machine (Math.log is not), within one unit in the last place
 * (docs/measures.md §10.2). 0 gives −Infinity, a negative number or NaN gives NaN.
 *
 * x = 2^e·(1 + f) with 1 + f between √½ and √2; with s = f/(2 + f), ln(1 + f) = 2·(s + s³/3 + s⁵/5 + …), and since
 * 2s = f − s·f, only small terms are added to f.
 */
export function naturalLog(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let exponent = 0;
  if (x < SMALLEST_NORMAL) {
    x *= 0x40000000000000; // 2^54
    exponent = -54;
  }
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  exponent += (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | (1023 << 20));
  let mantissa = bits.getFloat64(0);
  if (mantissa > SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const f = mantissa - 1;
  const s = f / (2 + f);
  const z = s * s;
  const series =
    z * (2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11 + z * (2 / 13 + z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + z * (2 / 21))))))))));
  const half = 0.5 * f * f;
  return exponent * LN2_HIGH - (half - (s * (half + series) + exponent * LN2_LOW) - f);
}
