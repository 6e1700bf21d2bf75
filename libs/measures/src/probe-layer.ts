import { unwatched, type Control } from '@fathom/errors';
import { allEnded, Prng, smallestHashes, whileIdle, type Crew, type ProductSums } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import type { ColumnRanges } from './column-ranges.js';
import { everyIndex } from './every-index.js';
import { clippedR2, heldOutErrors, reportingSystems, rSquared, tilesOf, tune, tuningFeatures, type Tuned } from './held-out.js';
import { inSampleR2, inSampleSystem, requireMoreRowsThanChannels } from './in-sample.js';
import { layerSums, probeTargets, readAhead, type LayerRows, type ProbeTargets } from './layer-sums.js';
import type { ProbeErrors } from './probe-errors.js';
import { probeSettings, type ProbeOptions, type ProbeSettings } from './probe-options.js';
import { quantile } from './quantile.js';

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
 * Codes made ready to be probed with any number of layers by {@link probeLayer} (docs/measures.md §3).
 *
 * @param z codes, n × k, finite; a dead feature has R² = 0
 * @param ranges minima and maxima of its columns: from a manifest, or {@link columnRanges}
 * @param widest channels of the widest layer
 * @throws InputError when an option is out of range, there are no features, n ≤ folds, a fold is empty, or ranges do not fit
 */
export async function codesToProbe(
  z: RowSource,
  ranges: ColumnRanges,
  options: ProbeOptions,
  widest: number,
  crew: Crew,
  control: Control = unwatched,
): Promise<ProbeTargets> {
  const { folds, bits, null: hasNull, permutation, nullSeed } = probeSettings(options);
  const permuted = { columns: smallestHashes(z.columns, NULL_FEATURES), permutation: permutation ?? new Prng(nullSeed, 'null').permutation(z.rows) };
  return probeTargets(z, ranges, { folds, bits, widest, ...(hasNull ? { permuted } : {}) }, crew, control);
}

/**
 * Probes one layer for every feature (docs/measures.md §3): held-out ridge, its null, and the in-sample R².
 *
 * One pass over the rows of both, then solving from sums: memory is about 8·F·(d² + d·k) bytes and a block of rows.
 * Byte products: 2·4·n·d·(k + d/2) for the sums, 3·6·(F − 1)·d²·k for the probes.
 *
 * @param x activations, n × d, finite
 * @param ranges minima and maxima of its columns
 * @param targets the codes; they may be used again for another layer
 * @param next the layer that is probed with them next: it is read while hands of the crew are idle
 * @throws InputError when there are no channels, row counts differ, n ≤ d + 1 with the in-sample R², a value is not finite
 * or outside of its column's range, or the smallest alpha is too small for the activations
 */
export async function probeLayer(
  x: RowSource,
  ranges: ColumnRanges,
  targets: ProbeTargets,
  options: ProbeOptions,
  crew: Crew,
  control: Control = unwatched,
  next?: () => Promise<LayerRows>,
): Promise<LayerProbe> {
  const settings = probeSettings(options);
  if (settings.inSample) requireMoreRowsThanChannels(x.name, x.rows, x.columns);
  const sums = await layerSums(x, ranges, targets, crew, control);
  const solve = async (by: Crew): Promise<LayerProbe> => probesOf(sums, targets, settings, by, control);
  return next === undefined ? solve(crew) : whileIdle(crew, solve, async (idle) => readAhead(next, targets, idle));
}

/** A layer's probes, from its sums. */
async function probesOf(sums: ProductSums, targets: ProbeTargets, settings: ProbeSettings, crew: Crew, control: Control): Promise<LayerProbe> {
  const k = targets.features;
  const tuned = await tune(sums, tuningFeatures(k), settings.alphas, targets.rooms.systems, crew, control);
  const systems = await reportingSystems(sums, tuned.alpha, targets.rooms.systems, crew);
  const { folds, whole } = await heldOutErrors(sums, 0, everyIndex(k), systems, crew, control);
  const foldR2 = new Float64Array(folds.length * k);
  folds.forEach((errors, at) => foldR2.set(clippedR2(errors), at * k));
  const chance = targets.planes[1];
  const nullErrors = chance && (await heldOutErrors(sums, 1, everyIndex(chance.columns), systems, crew, control)).whole;
  let fitted: Float64Array | undefined;
  if (settings.inSample) {
    const system = await crew.run(inSampleSystem, { sums });
    const tiles = await allEnded(tilesOf(everyIndex(k), crew.hands).map((columns) => crew.run(inSampleR2, { sums, columns, system })));
    fitted = Float64Array.from(tiles.flatMap((tile) => [...tile]));
  }
  return { r2: clippedR2(whole), foldR2, ...tuned, ...(nullErrors ? nullSummary(nullErrors) : {}), ...(fitted ? { r2InSample: fitted } : {}) };
}

/** Features with SST = 0 are left out; 0 where none is left. */
function nullSummary(errors: ProbeErrors): { nullMean: number; null95: number } {
  const found = rSquared(errors)
    .filter((_, target) => errors.sst[target]! > 0)
    .sort();
  if (found.length === 0) return { nullMean: 0, null95: 0 };
  return { nullMean: found.reduce((sum, r2) => sum + r2, 0) / found.length, null95: quantile(found, 0.95) };
}
