import { InputError, unwatched, type Control } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';

import { centredSums, standardOf } from './centred-sums.js';
import { cka } from './cka.js';
import { everyIndex } from './every-index.js';
import type { FoldStatistics } from './fold-statistics.js';
import { clippedR2, heldOutErrors, tune, tuningFeatures } from './held-out.js';
import { layerStatistics, plainTargets, type PairedRanges } from './layer-statistics.js';
import { probeSettings, type ProbeOptions } from './probe-options.js';

/** What one branch of a residual block tells about some features; arrays in their order. */
export interface BranchReading {
  /** Held-out R², in [0, 1] (docs/measures.md §3.2). */
  readonly r2: Float64Array;
  /** CKA, in [0, 1] (docs/measures.md §5). */
  readonly cka: Float64Array;
}

/**
 * How well features can be read off the output of a shortcut or of a main branch (docs/measures.md §4, flow).
 * The ridge strength is chosen as for a layer, by the tuning features, so that a reading does not depend on which features
 * are asked for, and a shortcut that changes nothing reads as the layer before it does.
 * @param x output of the branch, n × d
 * @param z codes, n × k
 * @param features which of them, each in 0..k−1
 * @throws InputError as {@link probeLayer} does, or when there is no such feature
 */
export async function branchReading(
  x: RowSource,
  z: RowSource,
  features: Uint32Array,
  options: Pick<ProbeOptions, 'folds' | 'alphas' | 'blockRows'>,
  ranges: PairedRanges,
  control: Control = unwatched,
): Promise<BranchReading> {
  const settings = probeSettings(options);
  const unknown = features.find((feature) => feature >= z.columns);
  if (unknown !== undefined)
    throw new InputError({ field: 'features', problem: 'no such feature', value: unknown, accepted: `features of ${z.name}, 0 to ${z.columns - 1}` });
  const tuning = tuningFeatures(z.columns);
  const statistics = await layerStatistics(x, z, plainTargets(Uint32Array.of(...tuning, ...features)), settings, ranges, control);
  const { alpha } = tune(statistics, everyIndex(tuning.length), settings.alphas, control);
  const targets = everyIndex(features.length).map((index) => tuning.length + index);
  const { whole } = heldOutErrors(statistics, targets, alpha, control);
  return { r2: clippedR2(whole), cka: ckaOf(statistics, targets) };
}

function ckaOf(statistics: FoldStatistics, targets: Uint32Array): Float64Array {
  const folds = [...everyIndex(statistics.folds)];
  const sums = statistics.over(folds, targets);
  const constants = statistics.constantChannels(folds);
  const standard = { ...standardOf(sums, constants), scaleX: new Float64Array(constants.length).fill(1) };
  return cka({ ...centredSums(sums, standard), n: sums.rows, d: constants.length, k: targets.length });
}
