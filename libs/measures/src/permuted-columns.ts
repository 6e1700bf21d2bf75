import { InputError, type Control } from '@fathom/errors';
import { integersOf, type Crew, type PlanedRows } from '@fathom/exact';

/**
 * Some columns of a matrix in fixed point with its rows permuted: row i of what is returned is row permutation[i] of the matrix.
 * Holds rows × columns float64 numbers: for the null's 100 features 800 bytes a row.
 *
 * @returns values that are read as the same integers again, by the same fixed point
 * @throws InputError when the permutation does not name every row once
 */
export async function permutedColumns(
  planes: PlanedRows,
  columns: Uint32Array,
  permutation: ArrayLike<number>,
  crew: Crew,
  control: Control,
): Promise<Float64Array> {
  const place = inverse(permutation, planes.rows);
  const { centre, scale } = planes.point;
  const out = new Float64Array(planes.rows * columns.length);
  for (let index = 0; index < planes.blocks; index += 1) {
    control.throwIfCancelled();
    const { planes: bytes } = await planes.block(index, crew);
    const { start, rows } = bytes.block;
    const integers = integersOf(bytes, columns);
    for (let row = 0; row < rows; row += 1) {
      const to = place[start + row]! * columns.length;
      columns.forEach((column, at) => (out[to + at] = centre[column]! + integers[row * columns.length + at]! / scale[column]!));
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
