import { InputError } from '@fathom/errors';

import type { ColumnMoments } from './column-moments.js';
import { oneMinusMean } from './complexity.js';
import { requirePerFeature } from './per-feature.js';
import { vInformation } from './v-information.js';

/** When each feature becomes readable over training (docs/measures.md §4); arrays of k. */
export interface OverTraining {
  /** Λ = 1 − mean R² over the checkpoints, in [0, 1]; high is late. */
  readonly lambda: Float64Array;
  /** The same with V-information in place of R². */
  readonly lambdaRaw: Float64Array;
  /** Λ without the last checkpoint, which K shares; absent where there is but one checkpoint. */
  readonly lambdaUnshared?: Float64Array;
  /** K_std without the last layer, which Λ shares; absent where there is but one layer. */
  readonly kStdUnshared?: Float64Array;
}

/**
 * Λ of every feature of the last checkpoint, and K and Λ without the term that both contain (docs/measures.md §4).
 * @param checkpoints held-out R² at the penultimate layer of each checkpoint, in the order of training; k values each
 * @param layers held-out R² at each layer of the last checkpoint, in forward order; k values each
 * @param moments of the codes of the last checkpoint
 * @throws InputError when there is no checkpoint or no layer, or they are not of the same features
 */
export function overTraining(
  checkpoints: readonly Float64Array[],
  layers: readonly Float64Array[],
  moments: Pick<ColumnMoments, 'variance'>,
): OverTraining {
  const { variance } = moments;
  for (const [field, arrays] of Object.entries({ checkpoints, layers })) {
    if (arrays.length === 0) throw new InputError({ field, problem: 'none', value: 0, accepted: 'the R² of at least one' });
    arrays.forEach((r2, at) => requirePerFeature(`${field}[${at}]`, r2, variance.length));
  }
  return {
    lambda: oneMinusMean(checkpoints),
    lambdaRaw: oneMinusMean(checkpoints.map((r2) => vInformation(variance, r2))),
    ...(checkpoints.length > 1 ? { lambdaUnshared: oneMinusMean(checkpoints.slice(0, -1)) } : {}),
    ...(layers.length > 1 ? { kStdUnshared: oneMinusMean(layers.slice(0, -1)) } : {}),
  };
}
