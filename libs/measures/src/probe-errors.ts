import {
  addGain,
  centreRows,
  digitProduct,
  integerAt,
  integersOver,
  integerSumAt,
  rightDigits,
  solveTriangular,
  threadArray,
  threadStorage,
  type ColumnIntegers,
  type IntegerEngine,
  type IntegerSums,
  type ProductSums,
  type Task,
} from '@fathom/exact';

import { chooseColumns } from './chosen-columns.js';
import { columnStandard, type ColumnStandard } from './column-standard.js';
import { channelsOf, otherFolds, type FoldSystem } from './fold-systems.js';

/** How well probes predict the rows of their test fold; arrays of one value a target. */
export interface ProbeErrors {
  /** Sum of squared errors, in units of the target's fixed point. */
  readonly sse: Float64Array;
  /** Sum of squared distances from the training mean, in the same units. */
  readonly sst: Float64Array;
}

interface ErrorsInput {
  readonly sums: ProductSums;
  /** Which of the matrices of targets. */
  readonly z: number;
  /** Which of its columns. */
  readonly columns: Uint32Array;
  /** One for each fold that is to be predicted. */
  readonly systems: readonly FoldSystem[];
}

/**
 * Errors of the probes of some targets (docs/measures.md §3.2), from sums alone: with w the weights,
 * SSE = z̃ᵀz̃ − 2 wᵀX̃ᵀz̃ + wᵀX̃ᵀX̃w on the test fold. For each target and fold 3·d² multiplications, of 24 bits.
 */
export const probeErrors: Task<ErrorsInput, readonly ProbeErrors[]> = {
  module: __filename,
  name: 'probeErrors',
  run: async ({ sums, z, columns, systems }, engine) => {
    const room = workingRoom(channelsOf(sums) * columns.length);
    const total = crossOver(sums, z, columns, undefined, room.total);
    const chosen = chooseColumns(sums.z[z]!.columns, sums.rows.length, columns);
    const errors: ProbeErrors[] = [];
    for (const system of systems) errors.push(await errorsOf(sums, z, columns, chosen, system, total, room, engine));
    return errors;
  },
};

/** Working memory of this thread, d × columns values each. */
interface Room {
  readonly total: Float64Array;
  readonly held: Float64Array;
  readonly weights: Float64Array;
  readonly image: Float64Array;
}

const storage = threadStorage('probe right');

function workingRoom(values: number): Room {
  const part = (name: string): Float64Array => threadArray(`probe ${name}`, Float64Array, values);
  return { total: part('total'), held: part('held'), weights: part('weights'), image: part('image') };
}

async function errorsOf(
  sums: ProductSums,
  z: number,
  columns: Uint32Array,
  chosen: ColumnIntegers,
  { fold, standard, solver, test }: FoldSystem,
  total: Float64Array,
  room: Room,
  engine: IntegerEngine,
): Promise<ProbeErrors> {
  const [d, k] = [channelsOf(sums), columns.length];
  const targets = targetStandard(sums, chosen, fold);
  const cross = { total, ...heldOf(sums, z, columns, fold, room), standard, targets, ...channelSums(sums, fold, d) };
  const { weights, image } = room;
  trainingCross(cross, weights);
  for (const steps of [solver.forward, solver.backward]) await solveTriangular(solver, steps, weights, k, engine, storage);
  const right = rightDigits(weights, d, k, { digits: test.digits.digits, storage });
  await digitProduct(test.digits, right, engine, image, { plus: { factors: test.diagonal, matrix: weights } });
  return { sse: squaredErrors(cross, weights, image), sst: targets.sst };
}

interface TargetStandard {
  /** Over the training rows. */
  readonly training: ColumnStandard;
  /** Σ(q − middle) over the test rows. */
  readonly aroundTest: Float64Array;
  /** Sum of the targets over all rows. */
  readonly sum: Float64Array;
  readonly testSum: Float64Array;
  readonly sst: Float64Array;
}

/** @param chosen sums of the targets' columns, folds × count */
function targetStandard(sums: ProductSums, chosen: ColumnIntegers, fold: number): TargetStandard {
  const { rows } = sums;
  const count = chosen.sum.low.length / rows.length;
  const everyFold = Array.from(rows, (_, index) => index);
  const values = (part: IntegerSums, groups: readonly number[]): Float64Array => {
    const total = integersOver(part, groups, count);
    return total.low.map((_, j) => integerAt(total, j));
  };
  const training = columnStandard(chosen, count, otherFolds(sums, fold), rows);
  const n = rows[fold]!;
  const [testSum, testSquares] = [values(chosen.sum, [fold]), values(chosen.squares, [fold])];
  const aroundTest = testSum.map((sum, j) => sum - n * training.middle[j]!);
  const sst = testSquares.map((square, j) => {
    const [middle, rest] = [training.middle[j]!, training.rest[j]!];
    const around = square - 2 * middle * testSum[j]! + n * middle * middle;
    return Math.max(0, around - 2 * rest * aroundTest[j]! + n * rest * rest);
  });
  return { training, aroundTest, sum: values(chosen.sum, everyFold), testSum, sst };
}

/** XᵀZ of some targets, d × columns: over one fold, or over all. In units of fixed point, not centred. */
export function crossOver(
  sums: ProductSums,
  z: number,
  columns: Uint32Array,
  fold: number | undefined,
  out: Float64Array = new Float64Array(channelsOf(sums) * columns.length),
): Float64Array {
  const { cross } = sums.z[z]!;
  const [d, k, folds] = [channelsOf(sums), columns.length, sums.rows.length];
  const all = cross.low.length / (folds * d);
  const chosen = fold === undefined ? Array.from({ length: folds }, (_, index) => index) : [fold];
  if (cross.high !== undefined) {
    const at = (a: number, j: number) => (group: number) => (group * d + a) * all + columns[j]!;
    for (let a = 0, to = 0; a < d; a += 1) for (let j = 0; j < k; j += 1, to += 1) out[to] = integerSumAt(cross, chosen.map(at(a, j)));
    return out;
  }
  const neighbours = areNeighbours(columns);
  chosen.forEach((group, turn) => {
    for (let a = 0; a < d; a += 1) {
      const from = (group * d + a) * all;
      if (neighbours) addLine(out, a * k, cross.low, from + (columns[0] ?? 0), k, turn > 0);
      else for (let j = 0; j < k; j += 1) out[a * k + j] = (turn > 0 ? out[a * k + j]! : 0) + cross.low[from + columns[j]!]!;
    }
  });
  return out;
}

/** Copies or adds neighbouring values. */
function addLine(out: Float64Array, to: number, from: Float64Array, start: number, count: number, adds: boolean): void {
  if (adds) for (let j = 0; j < count; j += 1) out[to + j] = out[to + j]! + from[start + j]!;
  else for (let j = 0; j < count; j += 1) out[to + j] = from[start + j]!;
}

/** Cross products with all that is needed to centre them. */
interface Cross {
  readonly total: Float64Array;
  /** Of the fold that is predicted: where its first value is, and from one row to the next. */
  readonly held: Float64Array;
  readonly from: number;
  readonly stride: number;
  readonly standard: ColumnStandard;
  readonly targets: TargetStandard;
  readonly sumX: Float64Array;
  readonly testX: Float64Array;
  readonly testRows: number;
}

/** The cross products of one fold: where they are, if targets lie side by side there, else copied. */
function heldOf(sums: ProductSums, z: number, columns: Uint32Array, fold: number, room: Room): Pick<Cross, 'held' | 'from' | 'stride'> {
  const { low, high } = sums.z[z]!.cross;
  const d = channelsOf(sums);
  const all = low.length / (sums.rows.length * d);
  if (high === undefined && areNeighbours(columns)) return { held: low, from: fold * d * all + (columns[0] ?? 0), stride: all };
  return { held: crossOver(sums, z, columns, fold, room.held), from: 0, stride: columns.length };
}

function areNeighbours(columns: Uint32Array): boolean {
  return columns.every((column, j) => column === columns[0]! + j);
}

function channelSums(sums: ProductSums, fold: number, d: number): Pick<Cross, 'sumX' | 'testX' | 'testRows'> {
  const over = (groups: readonly number[]): Float64Array => {
    const found = integersOver(sums.x.sum, groups, d);
    return found.low.map((_, a) => integerAt(found, a));
  };
  return { sumX: over(Array.from(sums.rows, (_, index) => index)), testX: over([fold]), testRows: sums.rows[fold]! };
}

/** X̃ᵀz̃ of the training rows, centred and divided by the channels' scales. */
function trainingCross(
  { total, held, from, stride, standard: { rows: n, middle, rest, inverse }, targets, sumX, testX }: Cross,
  out: Float64Array,
): void {
  const { middle: middleZ, rest: restZ } = targets.training;
  const [rows, columns] = [middle.length, middleZ.length];
  const terms = [
    { coefficients: middle.map((value) => -value), vector: targets.sum.map((sum, j) => sum - targets.testSum[j]!) },
    { coefficients: middle.map((value, a) => n * value - (sumX[a]! - testX[a]!)), vector: middleZ },
    { coefficients: rest.map((value) => -(n * value)), vector: restZ },
  ];
  const values = { matrix: total, offset: 0, stride: columns, rows, columns };
  centreRows({ values, less: { matrix: held, offset: from, stride, rows, columns }, terms, scale: inverse }, { ...values, matrix: out });
}

/** SSE = SST − 2 wᵀX̃ᵀz̃ + 2 wᵀTw of the test rows, at least 0; `image` is Tw. */
function squaredErrors(
  { held, from, stride, standard: { middle, rest, inverse }, targets, testX, testRows: n }: Cross,
  weights: Float64Array,
  image: Float64Array,
): Float64Array {
  const { middle: middleZ, rest: restZ } = targets.training;
  const [rows, columns] = [middle.length, middleZ.length];
  const gain = new Float64Array(columns);
  const terms = [
    { coefficients: middle.map((value) => -value), vector: targets.testSum },
    { coefficients: middle.map((value, a) => n * value - testX[a]!), vector: middleZ },
    { coefficients: rest.map((value) => -value), vector: targets.aroundTest },
    { coefficients: rest.map((value, a) => -(testX[a]! - n * middle[a]! - n * value)), vector: restZ },
  ];
  addGain({ values: { matrix: held, offset: from, stride, rows, columns }, terms, scale: inverse }, weights, image, gain);
  return targets.sst.map((sst, j) => Math.max(0, sst + 2 * gain[j]!));
}
