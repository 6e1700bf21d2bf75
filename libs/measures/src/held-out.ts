import type { Control } from '@fathom/errors';
import { smallestHashes } from '@fathom/exact';

import type { FoldStatistics } from './fold-statistics.js';
import { pooled, RidgeProbe, rSquared, type ProbeErrors } from './ridge-probe.js';
import { roundToMillionth } from './rounding.js';

/** The ridge strength that fold 0 chose. */
export interface Tuned {
  readonly alpha: number;
  /** Mean over the tuning features of max(0, R² on fold 0), rounded to 1e-6, for each strength of the grid. */
  readonly tuning: Float64Array;
}

/** The features that choose the ridge strength: at most 512 (docs/measures.md §3.2). */
export function tuningFeatures(features: number): Uint32Array {
  return smallestHashes(features, 512);
}

/** The strength whose probes, trained on the other folds, predict fold 0 best; the larger on ties (docs/measures.md §3.2). */
export function tune(statistics: FoldStatistics, targets: Uint32Array, alphas: readonly number[], control: Control): Tuned {
  const probe = new RidgeProbe(statistics, 0, targets);
  const tuning = Float64Array.from(alphas, (alpha) => {
    control.throwIfCancelled();
    const readable = rSquared(probe.errors(alpha)).reduce((sum, r2) => sum + Math.max(0, r2), 0);
    return roundToMillionth(readable / targets.length);
  });
  return { alpha: alphas[tuning.lastIndexOf(tuning.reduce((best, value) => Math.max(best, value)))]!, tuning };
}

/** Errors on folds 1..F−1, each predicted by a probe trained on all the others: of each fold, and of all together. */
export function heldOutErrors(
  statistics: FoldStatistics,
  targets: Uint32Array,
  alpha: number,
  control: Control,
): { readonly folds: readonly ProbeErrors[]; readonly whole: ProbeErrors } {
  const folds: ProbeErrors[] = [];
  for (let fold = 1; fold < statistics.folds; fold += 1) {
    control.throwIfCancelled();
    folds.push(new RidgeProbe(statistics, fold, targets).errors(alpha));
  }
  return { folds, whole: pooled(folds) };
}

/** R² as reported: in [0, 1]. */
export function clippedR2(errors: ProbeErrors): Float64Array {
  return rSquared(errors).map((r2) => Math.min(1, Math.max(0, r2)));
}
