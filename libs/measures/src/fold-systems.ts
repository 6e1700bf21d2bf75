import {
  blockedCholesky,
  centreRows,
  integerAt,
  integersOver,
  integerSumAt,
  leftDigits,
  powerOfTwo,
  solverBytes,
  storageIn,
  threadArray,
  triangularSolver,
  type IntegerEngine,
  type LeftDigits,
  type LeftDigitsOptions,
  type ProductSums,
  type Task,
  type TriangularSolver,
} from '@fathom/exact';
import { InputError } from '@fathom/errors';

import { columnStandard, type ColumnStandard } from './column-standard.js';

/**
 * A matrix that the probes of all features are multiplied with. Its diagonal is apart: it is much larger than the rest, whose digits
 * would otherwise be spent on it.
 */
export interface ProbeMatrix {
  readonly digits: LeftDigits;
  readonly diagonal: Float64Array;
}

/** What the probes of a fold are tested with. */
export interface FoldTest {
  /** Fold that is predicted; all others train. */
  readonly fold: number;
  /** Of the channels, over the training rows. */
  readonly standard: ColumnStandard;
  /** What is below the diagonal of the test rows' X̃ᵀX̃, and half of the diagonal: wᵀ(T + Tᵀ)w is the square of the prediction. */
  readonly test: ProbeMatrix;
}

/** All that the probes of one training set have in common, ready to be multiplied; can be sent between threads. */
export interface FoldSystem extends FoldTest {
  /** Of L, with L·Lᵀ = X̃ᵀX̃ + α·n·I. */
  readonly solver: TriangularSolver;
}

/** How what targets are multiplied with is cut, to solve and to score. */
export type Cut = Pick<LeftDigitsOptions, 'digits' | 'extraLevel'>;

/** Buffers that a system needs, the last for what tests it and those before for its solver, and bytes of each, for so many channels. */
export function systemBytes(channels: number): { readonly buffers: number; readonly bytes: number } {
  return { buffers: 3, bytes: solverBytes(channels) };
}

/** R² of a feature moves by less than 1e-6 (benchmarks/probe-digits.mjs). */
export function reportingCut(sums: ProductSums): Cut {
  return isWide(sums) ? WIDE : { digits: 3, extraLevel: true };
}

/** R² of a feature moves by about 1e-5. */
export function shorterCut(sums: ProductSums): Cut {
  return isWide(sums) ? WIDE : { digits: 3 };
}

/** Where 24 bits are asked for. */
const WIDE = { digits: 4 };

function isWide({ gram }: ProductSums): boolean {
  return gram!.high !== undefined;
}

interface FoldInput {
  readonly sums: ProductSums;
  readonly fold: number;
}

interface RidgeInput {
  readonly alpha: number;
  /** Bits more than the condition number has, to factorise with. */
  readonly spare: number;
  /** Where the system, or its solver, is kept: {@link systemBytes} each. */
  readonly buffers: readonly Uint8Array[];
}

/**
 * Standardises the channels on the training rows and factorises their ridge system (docs/measures.md §3.1, §3.2).
 * @throws InputError when alpha is too small for the system to be solved in float64
 */
export const foldSystem: Task<FoldInput & RidgeInput, FoldSystem> = {
  module: __filename,
  name: 'foldSystem',
  run: async ({ sums, fold, alpha, spare, buffers }, engine) => {
    const [forward, backward, kept] = buffers as [Uint8Array, Uint8Array, Uint8Array];
    const cut = reportingCut(sums);
    const tested = await foldTest.run({ sums, fold, cut, buffer: kept }, engine);
    const { middle, rows } = tested.standard;
    const matrix = threadArray('system', Float64Array, middle.length ** 2);
    gramOver(sums, otherFolds(sums, fold), tested.standard, matrix);
    return { ...tested, solver: await ridgeSolver(matrix, { rows, alpha, spare, cut, buffers: [forward, backward] }, engine) };
  },
};

/** What the probes of a fold are tested with. */
export const foldTest: Task<FoldInput & { readonly cut: Cut; readonly buffer: Uint8Array }, FoldTest> = {
  module: __filename,
  name: 'foldTest',
  run: async ({ sums, fold, cut, buffer }) => {
    const standard = trainingStandard(sums, fold);
    const d = standard.middle.length;
    const matrix = threadArray('system', Float64Array, d * d);
    gramOver(sums, [fold], standard, matrix);
    const diagonal = new Float64Array(d);
    for (let at = 0; at < d; at += 1) {
      diagonal[at] = matrix[at * (d + 1)]! / 2;
      matrix[at * (d + 1)] = 0;
    }
    return { fold, standard, test: { digits: leftDigits(matrix, d, d, { ...cut, shape: 'lower', storage: storageIn(buffer) }), diagonal } };
  },
};

/** X̃ᵀX̃ of the rows that a fold is not among: below and on the diagonal, and 0 above it. */
export const trainingGram: Task<FoldInput & { readonly buffer: SharedArrayBuffer }, Float64Array> = {
  module: __filename,
  name: 'trainingGram',
  run: async ({ sums, fold, buffer }) => {
    const matrix = new Float64Array(buffer, 0, channelsOf(sums) ** 2);
    gramOver(sums, otherFolds(sums, fold), trainingStandard(sums, fold), matrix);
    return matrix;
  },
};

/**
 * Factorises a ridge system of a Gram matrix that stays as it is.
 * @throws InputError when alpha is too small for the system to be solved in float64
 */
export const gramSolver: Task<SolverInput & { readonly gram: Float64Array }, TriangularSolver> = {
  module: __filename,
  name: 'gramSolver',
  run: async ({ gram, ...input }, engine) => {
    const matrix = threadArray('system', Float64Array, gram.length);
    matrix.set(gram);
    return ridgeSolver(matrix, input, engine);
  },
};

interface SolverInput extends RidgeInput {
  /** Rows that train. */
  readonly rows: number;
  readonly cut: Cut;
}

async function ridgeSolver(
  matrix: Float64Array,
  { rows, alpha, spare, cut, buffers }: SolverInput,
  engine: IntegerEngine,
): Promise<TriangularSolver> {
  const d = Math.sqrt(matrix.length);
  const ridge = alpha * rows;
  const digits = digitsFor(largestRowSum(matrix, d) / ridge + 1, spare);
  for (let channel = 0; channel < d; channel += 1) matrix[channel * (d + 1)] = matrix[channel * (d + 1)]! + ridge;
  try {
    await blockedCholesky(matrix, d, engine, { digits });
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError({
      field: 'alphas',
      problem: 'too small for these activations: the probe is singular to rounding',
      value: alpha,
      accepted: 'a larger value',
      cause,
    });
  }
  const [forward, backward] = buffers as [Uint8Array, Uint8Array];
  return triangularSolver(matrix, d, engine, { digits, cut, storage: [storageIn(forward), storageIn(backward)] });
}

/** Of the channels, over the rows that a fold is not among. */
function trainingStandard(sums: ProductSums, fold: number): ColumnStandard {
  return columnStandard(sums.x, channelsOf(sums), otherFolds(sums, fold), sums.rows);
}

/** The largest sum of sizes in a row of a symmetric matrix, from its lower triangle: no eigenvalue is larger. */
function largestRowSum(matrix: Float64Array, size: number): number {
  const sums = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    let sum = Math.abs(matrix[row * (size + 1)]!);
    for (let column = 0, at = row * size; column < row; column += 1, at += 1) {
      const value = Math.abs(matrix[at]!);
      sum += value;
      sums[column] = sums[column]! + value;
    }
    sums[row] = sum;
  }
  return sums.reduce((most, sum) => Math.max(most, sum), 0);
}

/** Digits to factorise a system with of at most such a condition number (docs/measures.md §10.3). */
function digitsFor(condition: number, spare: number): number {
  let digits = 3;
  while (digits < 7 && powerOfTwo(8 * digits - spare) < condition) digits += 1;
  return digits;
}

/** The folds but one, in order. */
export function otherFolds({ rows }: ProductSums, fold: number): number[] {
  return Array.from(rows, (_, index) => index).filter((index) => index !== fold);
}

/** Channels of X. */
export function channelsOf({ rows, x }: ProductSums): number {
  return x.sum.low.length / rows.length;
}

/**
 * X̃ᵀX̃ over some folds, of channels that are standardised on the training rows: below and on the diagonal, and 0 above it; written over
 * all of `out`. Over the training rows themselves it is n times their correlations.
 */
export function gramOver(sums: ProductSums, groups: readonly number[], { middle, rest, inverse }: ColumnStandard, out: Float64Array): void {
  const d = middle.length;
  const rows = groups.reduce((count, group) => count + sums.rows[group]!, 0);
  const totals = integersOver(sums.x.sum, groups, d);
  const total = middle.map((_, a) => integerAt(totals, a));
  const around = total.map((sum, a) => sum - rows * middle[a]!);
  const restOf = around.map((value, a) => value - rows * rest[a]!);
  const minus = (values: Float64Array, from: number, to: number): Float64Array => values.subarray(from, to).map((value) => -value);
  for (let from = 0; from < d; from += GRAM_ROWS) {
    const to = Math.min(from + GRAM_ROWS, d);
    for (let a = from; a < to; a += 1) gramRow(sums, groups, a, d, out);
    const terms = [
      { coefficients: minus(middle, from, to), vector: total },
      { coefficients: minus(around, from, to), vector: middle },
      { coefficients: minus(rest, from, to), vector: around },
      { coefficients: minus(restOf, from, to), vector: rest },
    ];
    const values = { matrix: out, offset: from * d, stride: d, rows: to - from, columns: to };
    centreRows({ values, terms, scale: inverse.subarray(from, to), columnScale: inverse }, values);
    for (let a = from; a < to; a += 1) out.fill(0, a * d + a + 1, (a + 1) * d);
  }
}

/** Rows of a Gram matrix that are worked on together: few, since what is above the diagonal is worked out for nothing. */
const GRAM_ROWS = 32;

/** A row of XᵀX over some folds, up to the diagonal; after it nothing is written. */
function gramRow({ gram }: ProductSums, groups: readonly number[], a: number, d: number, out: Float64Array): void {
  const { low, high } = gram!;
  const start = (group: number): number => (group * d + a) * d;
  if (high !== undefined) {
    for (let b = 0; b <= a; b += 1)
      out[a * d + b] = integerSumAt(
        gram!,
        groups.map((group) => start(group) + b),
      );
    return;
  }
  const row = out.subarray(a * d, a * d + a + 1);
  const [first, ...others] = groups.map((group) => low.subarray(start(group), start(group) + a + 1));
  row.set(first!);
  for (let at = 0; at < others.length; at += 2) {
    const [one, other] = [others[at]!, others[at + 1]];
    if (other === undefined) for (let b = 0; b <= a; b += 1) row[b] = row[b]! + one[b]!;
    else for (let b = 0; b <= a; b += 1) row[b] = row[b]! + (one[b]! + other[b]!);
  }
}
