import { unwatched, type Control } from '@fathom/errors';
import { Prng, smallestHashes } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { everyIndex } from './every-index.js';
import { clippedR2, heldOutErrors, tune, tuningFeatures, type Tuned } from './held-out.js';
import { inSampleR2, requireMoreRowsThanChannels } from './in-sample.js';
import { layerStatistics, plainTargets, type PairedRanges } from './layer-statistics.js';
import { probeSettings, type ProbeOptions } from './probe-options.js';
import { quantile } from './quantile.js';
import { rSquared, type ProbeErrors } from './ridge-probe.js';

/** How well each feature can be read off one layer. */
export interface LayerProbe extends Tuned {
  /** Held-out R² of each feature, k values in [0, 1] (docs/measures.md §3.2). */
  readonly r2: Float64Array;
  /** The same of each reporting fold 1..F−1: (F − 1) × k, fold after fold. */
  readonly foldR2: Float64Array;
  /** Mean of the null's R², not clipped; absent where no null was asked for (docs/measures.md §3.4). */
  readonly nullMean?: number;
  /** 95th percentile of the null's R². */
  readonly null95?: number;
  /** In-sample R² of ordinary least squares, k values in [0, 1]; absent where not asked for (docs/measures.md §3.3). */
  readonly r2InSample?: Float64Array;
}

const NULL_FEATURES = 100;

/**
 * Probes one layer for every feature (docs/measures.md §3): held-out ridge, its null, and the in-sample R².
 *
 * One pass over the rows of both (one more over the codes for the null), then solving from sums: memory is about
 * 2F·(d² + d·k) numbers plus a block of rows, and for the null 100 numbers a row. About n·d·(d + 2k) operations for the
 * sums and (F − 1 + alphas)·(d³/3 + 6·d²·k) for the probes.
 *
 * @param x activations, n × d, finite
 * @param z codes, n × k, finite; a dead feature has R² = 0
 * @param ranges minima and maxima of the columns of both: from a manifest, or {@link columnRanges}
 * @throws InputError when an option is out of range, there are no features or channels, row counts differ, n ≤ folds, a
 * fold is empty, n ≤ d + 1 with the in-sample R², or a value is NaN or infinite
 */
export async function probeLayer(
  x: RowSource,
  z: RowSource,
  options: ProbeOptions,
  ranges: PairedRanges,
  control: Control = unwatched,
): Promise<LayerProbe> {
  const settings = probeSettings(options);
  if (settings.inSample) requireMoreRowsThanChannels(x.name, x.rows, x.columns);
  const k = z.columns;
  const features = everyIndex(k);
  const permuted = {
    columns: settings.null ? smallestHashes(k, NULL_FEATURES) : new Uint32Array(0),
    permutation: settings.permutation ?? (settings.null ? new Prng(settings.nullSeed, 'null').permutation(z.rows) : []),
  };
  const statistics = await layerStatistics(x, z, { ...plainTargets(features), permuted }, settings, ranges, control);
  const tuned = tune(statistics, tuningFeatures(k), settings.alphas, control);
  const all = everyIndex(k + permuted.columns.length);
  const { folds, whole } = heldOutErrors(statistics, all, tuned.alpha, control);
  const foldR2 = new Float64Array(folds.length * k);
  folds.forEach((errors, at) => foldR2.set(clippedR2(errors).subarray(0, k), at * k));
  return {
    r2: clippedR2(whole).slice(0, k),
    foldR2,
    ...tuned,
    ...(settings.null ? nullSummary(whole, k) : {}),
    ...(settings.inSample ? { r2InSample: inSampleR2(statistics, features) } : {}),
  };
}

/** Features with SST = 0 are left out; 0 where none is left. */
function nullSummary(errors: ProbeErrors, from: number): { nullMean: number; null95: number } {
  const found = rSquared(errors)
    .filter((_, target) => target >= from && errors.sst[target]! > 0)
    .sort();
  if (found.length === 0) return { nullMean: 0, null95: 0 };
  return { nullMean: found.reduce((sum, r2) => sum + r2, 0) / found.length, null95: quantile(found, 0.95) };
}
