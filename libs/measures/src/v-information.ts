import { requirePerFeature } from './per-feature.js';

/**
 * V-information of a layer about each feature, for the linear-Gaussian family with σ² = ½: Var(z)·R² (docs/measures.md §2).
 * In squared units of the code, from 0 (nothing readable) to its variance.
 * @param variance population variance of each feature, k values
 * @param r2 k values in [0, 1]
 * @throws InputError when the lengths differ
 */
export function vInformation(variance: Float64Array, r2: Float64Array): Float64Array {
  requirePerFeature('r2', r2, variance.length);
  return r2.map((readable, j) => variance[j]! * readable);
}
