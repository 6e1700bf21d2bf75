import { inlineCrew, referenceEngine, type ProductSums } from '@fathom/exact';

import { chooseColumns, chosenTargets } from './chosen-columns.js';

const numbers = (count: number, first = 0): Float64Array => Float64Array.from({ length: count }, (_, at) => first + at);

it('some columns of the sums of two groups', () => {
  const sums = { sum: { low: numbers(6), high: numbers(6, 10) }, squares: { low: numbers(6, 100) } };
  expect(chooseColumns(sums, 2, Uint32Array.of(2, 0))).toEqual({
    sum: { low: Float64Array.of(2, 0, 5, 3), high: Float64Array.of(12, 10, 15, 13) },
    squares: { low: Float64Array.of(102, 100, 105, 103) },
  });
});

it('chosen targets keep all else, and lie side by side in the memory that is given', async () => {
  const columns = { sum: { low: numbers(6) }, squares: { low: numbers(6) } };
  const x = { sum: { low: numbers(4) }, squares: { low: numbers(4) } };
  const sums: ProductSums = { rows: Float64Array.of(5, 5), x, z: [{ columns, cross: { low: numbers(12), high: numbers(12, 50) } }] };
  const buffers = [new SharedArrayBuffer(64), new SharedArrayBuffer(64)];
  const chosen = await inlineCrew(referenceEngine).run(chosenTargets, { sums, columns: Uint32Array.of(2, 1), buffers });
  expect(chosen).toMatchObject({ rows: sums.rows, x });
  const { cross } = chosen.z[0]!;
  expect([cross.low, cross.high]).toEqual([Float64Array.of(2, 1, 5, 4, 8, 7, 11, 10), Float64Array.of(52, 51, 55, 54, 58, 57, 61, 60)]);
  expect([cross.low.buffer, cross.high?.buffer]).toEqual(buffers);
});
