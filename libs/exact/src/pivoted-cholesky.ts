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
 * original index), of columns of whose diagonal entry more is left than their own `least`. So the columns that depend on others,
 * as far as rounding lets one see, are left out.
 * @param matrix lower triangle of a row-major size × size matrix; not changed
 * @param least what must be left of each column's diagonal entry, size values ≥ 0
 * @throws InputError when the diagonal is not finite
 */
export function pivotedCholesky(matrix: Float64Array, size: number, least: Float64Array): PivotedFactor {
  requireLength('matrix', matrix, size * size);
  requireLength('least', least, size);
  const order = Uint32Array.from({ length: size }, (_, index) => index);
  const left = new Float64Array(size); // by original index: what remains of the diagonal
  for (let i = 0; i < size; i += 1) {
    const entry = matrix[i * size + i]!;
    if (!Number.isFinite(entry)) {
      throw new InputError({ field: 'matrix', problem: `the diagonal entry of row ${i} is not finite`, value: entry, accepted: 'finite numbers' });
    }
    left[i] = entry;
  }
  const rows = new Float64Array(size * size); // by original index: rows of L so far
  let rank = 0;
  for (; rank < size; rank += 1) {
    const place = largestLeft(left, least, order, rank);
    const chosen = order[place]!;
    if (!(left[chosen]! > least[chosen]!)) break;
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

/** The place, from `from` on, of the column of which most is left, of those of which enough is left; any other where there is none. */
function largestLeft(left: Float64Array, least: Float64Array, order: Uint32Array, from: number): number {
  const enough = (place: number): boolean => left[order[place]!]! > least[order[place]!]!;
  let best = from;
  for (let place = from + 1; place < order.length; place += 1) {
    if (!enough(place)) continue;
    const difference = left[order[place]!]! - left[order[best]!]!;
    if (!enough(best) || difference > 0 || (difference === 0 && order[place]! < order[best]!)) best = place;
  }
  return best;
}
