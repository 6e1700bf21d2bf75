import { InputError } from '@fathom/errors';

/**
 * MurmurHash3's 32-bit finaliser: a bijection of the 32-bit integers that spreads neighbours apart (docs/measures.md §3.2).
 * @param x an integer; its lowest 32 bits count
 * @returns an unsigned 32-bit integer
 */
export function fmix32(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The fold, 0..folds−1, that a row belongs to; it depends on the row's index alone (docs/measures.md §3.2). */
export function foldOf(row: number, folds: number): number {
  return fmix32(row) % folds;
}

/**
 * The `most` indices of 0..count−1 with the smallest hashes, in ascending order; all of them where there are no more
 * (docs/measures.md §3.2, §3.4). Hashes never tie.
 */
export function smallestHashes(count: number, most: number): Uint32Array {
  for (const [field, value] of [
    ['count', count],
    ['most', most],
  ] as const) {
    if (!Number.isInteger(value) || value < 0) throw new InputError({ field, problem: 'not a count', value, accepted: 'an integer of at least 0' });
  }
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  if (count <= most) return indices;
  const hashes = indices.map(fmix32);
  return indices
    .sort((a, b) => hashes[a]! - hashes[b]!)
    .slice(0, most)
    .sort();
}
