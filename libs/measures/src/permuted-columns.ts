import { InputError, type Control } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';

import { rowBlocks } from './row-blocks.js';

/**
 * Some columns of a matrix with its rows permuted: row i of what is returned is row permutation[i] of the matrix.
 * Reads the matrix once, in order, and holds rows × columns float64 numbers: for the null's 100 features 800 bytes a row.
 * @throws InputError when the permutation does not name every row once
 */
export async function permutedColumns(
  source: RowSource,
  columns: Uint32Array,
  permutation: ArrayLike<number>,
  blockRows: number,
  control: Control,
): Promise<Float64Array> {
  const place = inverse(permutation, source.rows);
  const out = new Float64Array(source.rows * columns.length);
  for await (const { start, rows, values } of rowBlocks([source], blockRows, control)) {
    for (let row = 0; row < rows; row += 1) {
      const to = place[start + row]! * columns.length;
      for (let index = 0; index < columns.length; index += 1) out[to + index] = values[0][row * source.columns + columns[index]!]!;
    }
  }
  return out;
}

function inverse(permutation: ArrayLike<number>, rows: number): Float64Array {
  const wrong = (problem: string, value: unknown): InputError =>
    new InputError({ field: 'permutation', problem, value, accepted: `each of 0 to ${rows - 1} once` });
  if (permutation.length !== rows) throw wrong('wrong length', permutation.length);
  const place = new Float64Array(rows).fill(-1);
  for (let row = 0; row < rows; row += 1) {
    const from = permutation[row]!;
    if (place[from] === undefined) throw wrong('no such row', from);
    if (place[from] >= 0) throw wrong('names a row twice', from);
    place[from] = row;
  }
  return place;
}
