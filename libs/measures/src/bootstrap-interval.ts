import type { Prng } from '@fathom/exact';

import { quantile } from './quantile.js';
import { centredRanks, type RankGroups } from './ranks.js';
import { correlation } from './spearman.js';

/**
 * ρ of features drawn with replacement, ranked anew in each draw; a draw in which a column is constant has ρ = 0.
 * The interval is from the 2.5th to the 97.5th percentile. The groups of equals are sorted
 * once: a draw only counts how often it met each, so it needs no sort.
 */
export function bootstrapInterval(a: RankGroups, b: RankGroups, draws: number, prng: Prng): { low: number; high: number } {
  const n = a.group.length;
  const [drawnA, drawnB] = [new Uint32Array(n), new Uint32Array(n)];
  const [countsA, countsB] = [new Float64Array(a.groups), new Float64Array(b.groups)];
  const [ranksA, ranksB] = [new Float64Array(n), new Float64Array(n)];
  const rhos = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < n; i++) {
      const feature = prng.below(n);
      drawnA[i] = a.group[feature]!;
      drawnB[i] = b.group[feature]!;
    }
    centredRanks(drawnA, countsA, ranksA);
    centredRanks(drawnB, countsB, ranksB);
    rhos[draw] = correlation(ranksA, ranksB);
  }
  rhos.sort();
  return { low: quantile(rhos, 0.025), high: quantile(rhos, 0.975) };
}
