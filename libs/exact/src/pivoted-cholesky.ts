import { InputError } from '@fathom/errors';

import { requireLength } from './require-length.js';

/** What {@link pivotedCholesky} found. */
export interface PivotedFactor {
  /** Number of columns that do not depend on those before them, 0..size. */
  readonly rank: number;
  /** The original index at each place, `size` of them; the first `rank` are the ones kept. */
  readonly order: Uint32Array;
  /** L of the kept rows and columns in that order, rank × rank, row-major, lower triangle (0 above it). */
  readonly factor: Float64Array;
}

/**
 * Cholesky factor of a symmetric positive semidefinite matrix, the largest remaining pivot first (ties: the lower
 * original index); it ends when no pivot exceeds `tolerance` times the largest diagonal entry. So the columns that
 * depend on others, as far as rounding lets one see, are left out.
 * @param matrix lower triangle of a row-major size × size matrix; not changed
 * @param tolerance relative to the largest diagonal entry, in (0, 1)
 * @throws InputError when the tolerance is out of range or the diagonal is not finite
 */
export function pivotedCholesky(matrix: Float64Array, size: number, tolerance: number): PivotedFactor {
  requireLength('matrix', matrix, size * size);
  if (!(tolerance > 0 && tolerance < 1)) {
    throw new InputError({ field: 'tolerance', problem: 'out of range', value: tolerance, accepted: 'a number above 0 and below 1' });
  }
  const order = Uint32Array.from({ length: size }, (_, index) => index);
  const left = new Float64Array(size); // by original index: what remains of the diagonal
  let largest = 0;
  for (let i = 0; i < size; i += 1) {
    const entry = matrix[i * size + i]!;
    if (!Number.isFinite(entry)) {
      throw new InputError({ field: 'matrix', problem: `the diagonal entry of row ${i} is not finite`, value: entry, accepted: 'finite numbers' });
    }
    left[i] = entry;
    largest = Math.max(largest, entry);
  }
  const rows = new Float64Array(size * size); // by original index: rows of L so far
  let rank = 0;
  for (; rank < size; rank += 1) {
    const place = largestLeft(left, order, rank);
    const chosen = order[place]!;
    if (!(left[chosen]! > tolerance * largest)) break;
    order[place] = order[rank]!;
    order[rank] = chosen;
    const pivot = Math.sqrt(left[chosen]!);
    rows[chosen * size + rank] = pivot;
    for (let next = rank + 1; next < size; next += 1) {
      const i = order[next]!;
      let sum = i > chosen ? matrix[i * size + chosen]! : matrix[chosen * size + i]!;
      for (let l = 0; l < rank; l += 1) sum -= rows[i * size + l]! * rows[chosen * size + l]!;
      const entry = sum / pivot;
      rows[i * size + rank] = entry;
      left[i] = left[i]! - entry * entry;
    }
  }
  const factor = new Float64Array(rank * rank);
  for (let row = 0; row < rank; row += 1) {
    for (let column = 0; column <= row; column += 1) factor[row * rank + column] = rows[order[row]! * size + column]!;
  }
  return { rank, order, factor };
}

function largestLeft(left: Float64Array, order: Uint32Array, from: number): number {
  let best = from;
  for (let place = from + 1; place < order.length; place += 1) {
    const difference = left[order[place]!]! - left[order[best]!]!;
    if (difference > 0 || (difference === 0 && order[place]! < order[best]!)) best = place;
  }
  return best;
}
