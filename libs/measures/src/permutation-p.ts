import type { Prng } from '@fathom/exact';

import { dot } from './spearman.js';

/**
 * Two-sided p of a rank correlation, (1 + hits)/(1 + draws), for centred ranks of two columns (docs/measures.md §8).
 * A hit is |ρ of the permuted pair| ≥ |ρ|. Both have the same denominator, and the numerators are sums of whole numbers, so
 * the comparison is exact and needs no tolerance.
 */
export function permutationP(a: Float64Array, b: Float64Array, draws: number, prng: Prng): number {
  const observed = Math.abs(dot(a, b));
  const permuted = b.slice();
  let hits = 0;
  for (let draw = 0; draw < draws; draw++) {
    shuffle(permuted, prng);
    if (Math.abs(dot(a, permuted)) >= observed) hits++;
  }
  return (1 + hits) / (1 + draws);
}

/** In place (Fisher and Yates); shuffling what was shuffled before is as random as starting anew. */
function shuffle(values: Float64Array, prng: Prng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const other = prng.below(i + 1);
    const moved = values[i]!;
    values[i] = values[other]!;
    values[other] = moved;
  }
}
