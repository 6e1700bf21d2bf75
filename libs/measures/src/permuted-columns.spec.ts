import { unwatched } from '@fathom/errors';
import { fixedPoint, oneGroup, PlanedRows, Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { crew } from './crews.fixture.js';
import { permutedColumns } from './permuted-columns.js';

it('row i of permuted columns is row permutation[i] of the matrix', async () => {
  const rows = 1500; // more than one block
  const values = Float64Array.from({ length: 3 * rows }, (_, at) => at - 2000);
  const point = { ...fixedPoint({ min: [-2000, -2000, -2000], max: [2500, 2500, 2500] }), scale: Float64Array.of(1, 2, 4) };
  const permutation = new Prng(2).permutation(rows);
  const planes = new PlanedRows(memoryRows('codes', values, rows, 3), { point, groups: oneGroup, blockRows: 1024 });
  const found = await permutedColumns(planes, Uint32Array.of(2, 0), permutation, crew, unwatched);
  expect([...found]).toEqual([...permutation].flatMap((row) => [3 * row - 1998, 3 * row - 2000]));
});
