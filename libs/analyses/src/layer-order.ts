import { InputError } from '@fathom/errors';

/**
 * The order of layers: the one that is given, else that of the names. Names that numbers and letters would order differently
 * (block2 and block10) are refused, since either order might be meant.
 * @param field key of case.json that may hold the order; names it in errors
 */
export function layerOrder(field: string, names: readonly string[], given: readonly string[] | undefined): string[] {
  if (given) {
    if (given.length === 0) throw new InputError({ field, problem: 'names no tensor', value: given, accepted: `some of ${names.join(', ')}` });
    const missing = given.find((name) => !names.includes(name));
    if (missing !== undefined)
      throw new InputError({ field, problem: 'names a tensor that the file does not have', value: missing, accepted: names.join(', ') });
    if (new Set(given).size !== given.length)
      throw new InputError({ field, problem: 'names a tensor twice', value: given, accepted: 'each tensor once' });
    return [...given];
  }
  const byLetters = [...names].sort();
  const byNumbers = [...names].sort(compareNumbers);
  const differs = byLetters.findIndex((name, index) => name !== byNumbers[index]);
  if (differs >= 0)
    throw new InputError({
      field,
      problem: 'the names of the tensors do not tell their order: letters and numbers would order them differently',
      value: `${byLetters[differs]} or ${byNumbers[differs]} at place ${differs + 1}`,
      accepted: `names such as block02 and block10, or the order as a list "${field}" in case.json`,
    });
  return byLetters;
}

/** Compares names run by run, runs of digits by their value. */
function compareNumbers(a: string, b: string): number {
  const runs = (name: string): string[] => name.match(/\d+|\D+/g) ?? [];
  const [left, right] = [runs(a), runs(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    const numeric = /^\d/.test(x) && /^\d/.test(y);
    const order = numeric ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0);
}
