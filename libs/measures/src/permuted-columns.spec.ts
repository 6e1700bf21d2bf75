import { unwatched } from '@fathom/errors';
import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { permutedColumns } from './permuted-columns.js';

it('row i of permuted columns is row permutation[i] of the matrix, whatever the block of rows', async () => {
  const values = Float64Array.from({ length: 60 }, (_, at) => at);
  const permutation = new Prng(2).permutation(20);
  for (const blockRows of [1, 6, 50]) {
    const found = await permutedColumns(memoryRows('codes', values, 20, 3), Uint32Array.of(2, 0), permutation, blockRows, unwatched);
    expect([...found]).toEqual([...permutation].flatMap((row) => [3 * row + 2, 3 * row]));
  }
});
