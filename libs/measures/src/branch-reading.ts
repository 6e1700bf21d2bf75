import { InputError, unwatched, type Control } from '@fathom/errors';
import { fixedPoint, type Crew } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { centredOf } from './centred-products.js';
import { cka } from './cka.js';
import { type PairedRanges } from './column-ranges.js';
import { everyIndex } from './every-index.js';
import { clippedR2, heldOutErrors, reportingSystems, tune, tuningFeatures } from './held-out.js';
import { layerSums, probeTargets } from './layer-sums.js';
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
  options: Pick<ProbeOptions, 'folds' | 'alphas' | 'bits'>,
  ranges: PairedRanges,
  crew: Crew,
  control: Control = unwatched,
): Promise<BranchReading> {
  const { folds, alphas, bits } = probeSettings(options);
  const unknown = features.find((feature) => feature >= z.columns);
  if (unknown !== undefined)
    throw new InputError({ field: 'features', problem: 'no such feature', value: unknown, accepted: `features of ${z.name}, 0 to ${z.columns - 1}` });
  const tuning = tuningFeatures(z.columns);
  const columns = Uint32Array.of(...tuning, ...features);
  const targets = await probeTargets(z, ranges.z, { folds, bits, columns, widest: x.columns }, crew, control);
  const sums = await layerSums(x, ranges.x, targets, crew, control);
  const { alpha } = await tune(sums, everyIndex(tuning.length), alphas, targets.rooms.systems, crew, control);
  const systems = await reportingSystems(sums, alpha, targets.rooms.systems, crew);
  const chosen = everyIndex(features.length).map((index) => tuning.length + index);
  const { whole } = await heldOutErrors(sums, 0, chosen, systems, crew, control);
  return { r2: clippedR2(whole), cka: cka(centredOf(sums, fixedPoint(ranges.x, { bits, name: x.name }), chosen)) };
}
