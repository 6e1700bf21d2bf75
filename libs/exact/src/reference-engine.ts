import { checkProduct, type IntegerEngine } from './integer-engine.js';

/** The integer product in plain TypeScript: what every other engine is held against, and what serves where there is none. */
export const referenceEngine: IntegerEngine = {
  name: 'reference',
  version: '1',
  way: 'float64',
  async product(left, right, shape, out) {
    checkProduct(left, right, shape, out);
    const { rows, steps, columns } = shape;
    const sums = new Float64Array(columns);
    for (let row = 0; row < rows; row += 1) {
      sums.fill(0);
      let step = 0;
      for (; step + 3 < steps; step += 4) addFourSteps(sums, left, row * steps + step, right, step * columns);
      for (; step < steps; step += 1) {
        const factor = left[row * steps + step]! - 128;
        const from = step * columns;
        for (let column = 0; column < columns; column += 1) sums[column] = sums[column]! + factor * right[from + column]!;
      }
      out.set(sums, row * columns);
    }
  },
};

/** Four at a time, so that a sum is read and written a quarter as often. */
function addFourSteps(sums: Float64Array, left: Uint8Array, at: number, right: Int8Array, first: number): void {
  const columns = sums.length;
  const [second, third, fourth] = [first + columns, first + 2 * columns, first + 3 * columns];
  const [a, b, c, d] = [left[at]! - 128, left[at + 1]! - 128, left[at + 2]! - 128, left[at + 3]! - 128];
  for (let column = 0; column < columns; column += 1)
    sums[column] =
      sums[column]! + (a * right[first + column]! + b * right[second + column]! + c * right[third + column]! + d * right[fourth + column]!);
}
