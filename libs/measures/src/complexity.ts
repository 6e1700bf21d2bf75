import { InputError } from '@fathom/errors';

import type { ColumnMoments } from './column-moments.js';
import { depthHalf } from './depth-half.js';
import { requirePerFeature } from './per-feature.js';
import type { LayerProbe } from './probe-layer.js';
import { vInformation } from './v-information.js';

/** How complex each feature is (docs/measures.md §4); arrays of k. */
export interface Complexity {
  /** 1 − mean R² over the layers, in [0, 1]; high is complex; 1 for a dead feature. */
  readonly kStd: Float64Array;
  /** Standard error of it over the reporting folds, ≥ 0. */
  readonly kStdSe: Float64Array;
  /** 1 − mean V-information over the layers: the paper's formula; it depends on the scale of the codes. */
  readonly kRaw: Float64Array;
  /** Depth at which the feature is half readable, in (0, L]. */
  readonly depthHalf: Float64Array;
  /** kRaw from in-sample R²; absent where a layer's probe has none. */
  readonly kPublished?: Float64Array;
}

/**
 * Complexity of every feature from its probes at all layers (docs/measures.md §4).
 * @param layers probes of the layers, in forward order, all of the same features and folds
 * @param moments of the codes
 * @throws InputError when there is no layer, or the probes are not of the same features and folds
 */
export function complexity(
  layers: readonly Pick<LayerProbe, 'r2' | 'foldR2' | 'r2InSample'>[],
  moments: Pick<ColumnMoments, 'variance'>,
): Complexity {
  const { variance } = moments;
  const [first] = layers;
  if (first === undefined) throw new InputError({ field: 'layers', problem: 'none', value: 0, accepted: 'the probe of at least one layer' });
  layers.forEach(({ r2, foldR2 }, at) => {
    requirePerFeature(`layers[${at}].r2`, r2, variance.length);
    if (foldR2.length !== first.foldR2.length || foldR2.length < 2 * variance.length) {
      throw new InputError({
        field: `layers[${at}].foldR2`,
        problem: 'wrong length',
        value: foldR2.length,
        accepted: 'the same two or more reporting folds at every layer',
      });
    }
  });
  const r2 = layers.map((layer) => layer.r2);
  const inSample = layers.flatMap(({ r2InSample }) => (r2InSample === undefined ? [] : [r2InSample]));
  return {
    kStd: oneMinusMean(r2),
    kStdSe: standardError(oneMinusMean(layers.map(({ foldR2 }) => foldR2)), variance.length),
    kRaw: oneMinusMean(r2.map((values) => vInformation(variance, values))),
    depthHalf: depthHalf(r2),
    ...(inSample.length === layers.length ? { kPublished: oneMinusMean(inSample.map((values) => vInformation(variance, values))) } : {}),
  };
}

/** 1 − the mean over several arrays (at least one), place by place. */
export function oneMinusMean(arrays: readonly Float64Array[]): Float64Array {
  return arrays[0]!.map((_, at) => 1 - arrays.reduce((sum, values) => sum + values[at]!, 0) / arrays.length);
}

/** Sample deviation over folds ÷ √folds. */
function standardError(foldK: Float64Array, features: number): Float64Array {
  const folds = foldK.length / features;
  return Float64Array.from({ length: features }, (_, j) => {
    const values = Array.from({ length: folds }, (_unused, fold) => foldK[fold * features + j]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / folds;
    const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
    return Math.sqrt(squares / (folds - 1) / folds);
  });
}
