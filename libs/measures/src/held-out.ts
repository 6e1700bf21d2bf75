import type { Control } from '@fathom/errors';
import { allEnded, smallestHashes, type Crew, type ProductSums, type SharedRoom } from '@fathom/exact';

import { chosenTargets } from './chosen-columns.js';
import { everyIndex } from './every-index.js';
import {
  channelsOf,
  foldSystem,
  foldTest,
  gramSolver,
  reportingCut,
  shorterCut,
  systemBytes,
  trainingGram,
  type Cut,
  type FoldSystem,
} from './fold-systems.js';
import { probeErrors, type ProbeErrors } from './probe-errors.js';
import { roundToMillionth } from './rounding.js';

/** The ridge strength that fold 0 chose. */
export interface Tuned {
  readonly alpha: number;
  /** Mean over the tuning features of max(0, R² on fold 0), rounded to 1e-6, for each strength of the grid. */
  readonly tuning: Float64Array;
}

/** Bits to spare when the systems that report are factorised: R² of a feature moves by less than 1e-6. */
const REPORTING_BITS = 16;

/**
 * How exactly strengths are compared: so that the mean of the features' R² moves by less than 1e-6. What rounding does to one feature
 * is nearly independent of what it does to another, so that many take fewer bits.
 */
function tuningPrecision(sums: ProductSums, features: number): { readonly spare: number; readonly cut: Cut } {
  return features < 256 ? { spare: 12, cut: reportingCut(sums) } : { spare: 8, cut: shorterCut(sums) };
}

/** Strengths whose solvers are kept at a time. */
const STRENGTHS = 5;

/** Targets of one task: what is worked out of them at a time fits a processor's cache and keeps its engine busy. */
const TILE = 512;

/** The features that choose the ridge strength: at most 512 (docs/measures.md §3.2). */
export function tuningFeatures(features: number): Uint32Array {
  return smallestHashes(features, 512);
}

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
  const d = channelsOf(sums);
  const { bytes } = systemBytes(d);
  const buffer = (): Uint8Array => new Uint8Array(room.take(bytes));
  const solvers = alphas.slice(0, STRENGTHS).map(() => [buffer(), buffer()]);
  const { low, high } = sums.z[0]!.cross;
  const limbs = (high ? [low, high] : [low]).map(() => room.take(8 * sums.x.sum.low.length * columns.length));
  const { spare, cut } = tuningPrecision(sums, columns.length);
  const measuring = crew.run(trainingGram, { sums, fold: 0, buffer: room.take(8 * d * d) });
  const testing = crew.run(foldTest, { sums, fold: 0, cut, buffer: buffer() });
  const gathering = crew.run(chosenTargets, { sums, columns, buffers: limbs });
  await allEnded<unknown>([measuring, testing, gathering]);
  const [gram, tested, chosen] = [await measuring, await testing, await gathering];
  const errorsOf = async (alpha: number, buffers: readonly Uint8Array[]): Promise<ProbeErrors> => {
    const solver = await crew.run(gramSolver, { gram, rows: tested.standard.rows, alpha, spare, cut, buffers });
    return (await heldOutErrors(chosen, 0, everyIndex(columns.length), [{ ...tested, solver }], crew, control)).whole;
  };
  const errors: ProbeErrors[] = [];
  for (let first = 0; first < alphas.length; first += STRENGTHS)
    errors.push(...(await allEnded(alphas.slice(first, first + STRENGTHS).map((alpha, at) => errorsOf(alpha, solvers[at]!)))));
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

/** Errors on the folds that systems are of, each predicted by a probe trained on all the others: of each fold, and of all together. */
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
