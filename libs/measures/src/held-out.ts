import type { Control } from '@fathom/errors';
import { allEnded, smallestHashes, threadArray, type Crew, type ProductSums, type SharedRoom, type Task } from '@fathom/exact';

import { chosenTargets } from './chosen-columns.js';
import { everyIndex } from './every-index.js';
import { channelsOf, foldSystem, systemBytes, type FoldSystem } from './fold-systems.js';
import { probeErrors, type ProbeErrors } from './probe-errors.js';
import { roundToMillionth } from './rounding.js';

/** The ridge strength that fold 0 chose. */
export interface Tuned {
  readonly alpha: number;
  /** Mean over the tuning features of max(0, R² on fold 0), rounded to 1e-6, for each strength of the grid. */
  readonly tuning: Float64Array;
}

/** Bits to spare when systems are factorised: R² of a feature moves by less than 1e-6 with the ones, the tuning mean with the others. */
const REPORTING_BITS = 16;
const TUNING_BITS = 12;

/** Targets of one task: what is worked out of them at a time fits a processor's cache and keeps its engine busy. */
const TILE = 512;

/** The features that choose the ridge strength: at most 512 (docs/measures.md §3.2). */
export function tuningFeatures(features: number): Uint32Array {
  return smallestHashes(features, 512);
}

/** How well probes of one strength, trained on all folds but 0, predict fold 0. */
export const tuneAlpha: Task<{ readonly sums: ProductSums; readonly alpha: number }, ProbeErrors> = {
  module: __filename,
  name: 'tuneAlpha',
  run: async ({ sums, alpha }, engine) => {
    const { buffers: count, bytes } = systemBytes(channelsOf(sums));
    const buffers = Array.from({ length: count }, (_, at) => threadArray(`tuning ${at}`, Uint8Array, bytes));
    const system = await foldSystem.run({ sums, fold: 0, alpha, spare: TUNING_BITS, buffers }, engine);
    const columns = everyIndex(sums.z[0]!.columns.sum.low.length / sums.rows.length);
    const [errors] = await probeErrors.run({ sums, z: 0, columns, systems: [system] }, engine);
    return errors!;
  },
};

/**
 * The strength whose probes, trained on the other folds, predict fold 0 best; the larger on ties (docs/measures.md §3.2).
 * @param room memory that may be used meanwhile
 */
export async function tune(
  sums: ProductSums,
  columns: Uint32Array,
  alphas: readonly number[],
  room: SharedRoom,
  crew: Crew,
  control: Control,
): Promise<Tuned> {
  control.throwIfCancelled();
  room.reuse();
  const { low, high } = sums.z[0]!.cross;
  const bytes = 8 * sums.x.sum.low.length * columns.length;
  const buffers = (high ? [low, high] : [low]).map(() => room.take(bytes));
  const chosen = await crew.run(chosenTargets, { sums, columns, buffers });
  const errors = await allEnded(alphas.map((alpha) => crew.run(tuneAlpha, { sums: chosen, alpha })));
  const tuning = Float64Array.from(errors, (error) => {
    const readable = rSquared(error).reduce((sum, r2) => sum + Math.max(0, r2), 0);
    return roundToMillionth(readable / columns.length);
  });
  return { alpha: alphas[tuning.lastIndexOf(tuning.reduce((best, value) => Math.max(best, value)))]!, tuning };
}

/** Factorised systems of the probes that report: of folds 1..F−1. They are kept in `room` until it is used again. */
export async function reportingSystems(sums: ProductSums, alpha: number, room: SharedRoom, crew: Crew): Promise<readonly FoldSystem[]> {
  room.reuse();
  const { buffers: count, bytes } = systemBytes(channelsOf(sums));
  const buffers = (): Uint8Array[] => Array.from({ length: count }, () => new Uint8Array(room.take(bytes)));
  const folds = [...everyIndex(sums.rows.length)].slice(1);
  return allEnded(folds.map((fold) => crew.run(foldSystem, { sums, fold, alpha, spare: REPORTING_BITS, buffers: buffers() })));
}

/** Errors on folds 1..F−1, each predicted by a probe trained on all the others: of each fold, and of all together. */
export async function heldOutErrors(
  sums: ProductSums,
  z: number,
  columns: Uint32Array,
  systems: readonly FoldSystem[],
  crew: Crew,
  control: Control,
): Promise<{ readonly folds: readonly ProbeErrors[]; readonly whole: ProbeErrors }> {
  control.throwIfCancelled();
  const tiles = tilesOf(columns, crew.hands);
  const found = await allEnded(tiles.map((tile) => crew.run(probeErrors, { sums, z, columns: tile, systems })));
  const joined = (fold: number, name: keyof ProbeErrors): Float64Array => Float64Array.from(found.flatMap((tile) => [...tile[fold]![name]]));
  const folds = systems.map((_, fold) => ({ sse: joined(fold, 'sse'), sst: joined(fold, 'sst') }));
  const add = (name: keyof ProbeErrors): Float64Array =>
    folds.map((fold) => fold[name]).reduce((sum, more) => sum.map((value, j) => value + more[j]!));
  return { folds, whole: { sse: add('sse'), sst: add('sst') } };
}

/** Targets cut for tasks: for every hand some, and not more at a time than fits. */
export function tilesOf(columns: Uint32Array, hands: number): Uint32Array[] {
  const width = Math.min(TILE, Math.max(128, Math.ceil(columns.length / hands)));
  return Array.from({ length: Math.ceil(columns.length / width) }, (_, tile) => columns.subarray(tile * width, (tile + 1) * width));
}

/** R² = 1 − SSE/SST of each target, not clipped; 0 where SST = 0 (docs/measures.md §3.2). */
export function rSquared({ sse, sst }: ProbeErrors): Float64Array {
  return sse.map((error, j) => (sst[j]! > 0 ? 1 - error / sst[j]! : 0));
}

/** R² as reported: in [0, 1]. */
export function clippedR2(errors: ProbeErrors): Float64Array {
  return rSquared(errors).map((r2) => Math.min(1, Math.max(0, r2)));
}
