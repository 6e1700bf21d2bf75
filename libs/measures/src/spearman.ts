import { InputError } from '@fathom/errors';

import { rankGroups, ranksOfGroups } from './ranks.js';
import { requireFinite } from './row-blocks.js';

/** Spearman's correlation: Pearson's of the mid-ranks (docs/measures.md §8), in [−1, 1]; 0 where either column is constant. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return correlation(ranksOf(a, 'a', a.length), ranksOf(b, 'b', a.length));
}

/** Twice the centred mid-ranks. @throws InputError where there are not `length` values or one is not finite. */
export function ranksOf(values: ArrayLike<number>, name: string, length: number): Float64Array {
  if (values.length !== length)
    throw new InputError({ field: name, problem: 'wrong number of values', value: values.length, accepted: `${length} values` });
  requireFinite(values, name);
  return ranksOfGroups(rankGroups(values));
}

/** Pearson's correlation of centred columns, in [−1, 1]; 0 where either is all 0. */
export function correlation(a: Float64Array, b: Float64Array): number {
  const bottom = Math.sqrt(dot(a, a) * dot(b, b));
  return bottom > 0 ? Math.min(1, Math.max(-1, dot(a, b) / bottom)) : 0;
}

/** Σ a_i·b_i, in index order. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
