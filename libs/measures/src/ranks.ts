import { everyIndex } from './every-index.js';

/** Values in ascending order, in groups that are equal. */
export interface RankGroups {
  /** Group of each value: 0 holds the smallest. */
  readonly group: Uint32Array;
  /** Number of groups; 1 when all values are equal. */
  readonly groups: number;
}

/** Sorts finite values into groups of equals. */
export function rankGroups(values: ArrayLike<number>): RankGroups {
  const order = everyIndex(values.length).sort((i, j) => values[i]! - values[j]!);
  const group = new Uint32Array(values.length);
  let last = -1;
  let before = NaN;
  for (const i of order) {
    if (values[i]! !== before) last++;
    before = values[i]!;
    group[i] = last;
  }
  return { group, groups: last + 1 };
}

/**
 * Twice the mid-ranks (docs/measures.md §8: equal values share the mean of the places they take), centred: whole numbers that sum to 0.
 * Their products are whole numbers too, and sums over up to 200,000 values stay below 2^53: exact in any order.
 *
 * @param group group of each value. @param counts scratch, one place a group. @param out where they are written.
 */
export function centredRanks(group: Uint32Array, counts: Float64Array, out: Float64Array): void {
  counts.fill(0);
  for (let i = 0; i < group.length; i++) counts[group[i]!]!++;
  let before = 0;
  for (let g = 0; g < counts.length; g++) {
    const count = counts[g]!;
    counts[g] = 2 * before + count - group.length;
    before += count;
  }
  for (let i = 0; i < group.length; i++) out[i] = counts[group[i]!]!;
}

/** {@link centredRanks} of values that are grouped already. */
export function ranksOfGroups({ group, groups }: RankGroups): Float64Array {
  const ranks = new Float64Array(group.length);
  centredRanks(group, new Float64Array(groups), ranks);
  return ranks;
}
