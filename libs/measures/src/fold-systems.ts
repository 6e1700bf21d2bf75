import {
  blockedCholesky,
  centreRows,
  integerAt,
  integersOver,
  integerSumAt,
  leftDigits,
  powerOfTwo,
  threadArray,
  triangularInverse,
  type LeftDigits,
  type ProductSums,
  type Task,
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

/** All that the probes of one training set have in common, ready to be multiplied; can be sent between threads. */
export interface FoldSystem {
  /** Fold that is predicted; all others train. */
  readonly fold: number;
  /** Of the channels, over the training rows. */
  readonly standard: ColumnStandard;
  /** L⁻¹ with L·Lᵀ = X̃ᵀX̃ + α·n·I. */
  readonly inverse: ProbeMatrix;
  /** L⁻ᵀ */
  readonly transposed: ProbeMatrix;
  /** What is below the diagonal of the test rows' X̃ᵀX̃, and half of the diagonal: wᵀ(T + Tᵀ)w is the square of the prediction. */
  readonly test: ProbeMatrix;
}

interface SystemInput {
  readonly sums: ProductSums;
  readonly fold: number;
  readonly alpha: number;
  /** Bits more than the condition number has, to factorise with. */
  readonly spare: number;
  /** Where the system is kept: {@link systemBytes} each. */
  readonly buffers: readonly Uint8Array[];
}

/** Buffers that a system needs, and bytes of each, for so many channels. */
export function systemBytes(channels: number): { readonly buffers: number; readonly bytes: number } {
  // Of up to four digits, ten bytes for each value on one side of the diagonal, in whole blocks of rows.
  return { buffers: 3, bytes: 8 * channels + 5 * channels * (channels + 1024) };
}

/**
 * Standardises the channels on the training rows and factorises their ridge system (docs/measures.md §3.1, §3.2).
 * @throws InputError when alpha is too small for the system to be solved in float64
 */
export const foldSystem: Task<SystemInput, FoldSystem> = {
  module: __filename,
  name: 'foldSystem',
  run: async ({ sums, fold, alpha, spare, buffers }, engine) => {
    const training = otherFolds(sums, fold);
    const standard = columnStandard(sums.x, channelsOf(sums), training, sums.rows);
    const d = standard.middle.length;
    const kept = sums.gram!.high === undefined ? NARROW : WIDE;
    const cut = (shape: 'lower' | 'upper', buffer: number): ProbeMatrix => {
      const diagonal = takeDiagonal(matrix, d);
      return { digits: leftDigits(matrix, d, d, { ...kept, shape, storage: () => buffers[buffer]! }), diagonal };
    };
    const matrix = threadArray('system', Float64Array, d * d);
    gramOver(sums, [fold], standard, matrix);
    for (let channel = 0; channel < d; channel += 1) matrix[channel * (d + 1)] = matrix[channel * (d + 1)]! / 2;
    const test = cut('lower', 0);
    gramOver(sums, training, standard, matrix);
    const ridge = alpha * standard.rows;
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
    await triangularInverse(matrix, d, engine, { digits });
    const inverse = cut('lower', 1);
    transpose(matrix, d);
    const transposed = { ...cut('upper', 2), diagonal: inverse.diagonal };
    return { fold, standard, inverse, transposed, test };
  },
};

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
  let digits = 4;
  while (digits < 7 && powerOfTwo(8 * digits - spare) < condition) digits += 1;
  return digits;
}

/** How what targets are multiplied with is cut, to solve and to score: R² moves by less than 1e-6 (benchmarks/probe-digits.mjs). */
const NARROW = { digits: 3, extraLevel: true } as const;
/** Where 24 bits are asked for. */
const WIDE = { digits: 4 } as const;

/** The diagonal; in the matrix it is set to 0. */
function takeDiagonal(matrix: Float64Array, size: number): Float64Array {
  const diagonal = new Float64Array(size);
  for (let at = 0; at < size; at += 1) {
    diagonal[at] = matrix[at * (size + 1)]!;
    matrix[at * (size + 1)] = 0;
  }
  return diagonal;
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
    for (let a = from; a < to; a += 1) out.fill(0, a * d + a + 1, a * d + to);
  }
}

/** Rows of a Gram matrix that are worked on together: few, since what is above the diagonal is worked out for nothing. */
const GRAM_ROWS = 32;

/** A row of XᵀX over some folds, up to the diagonal, and 0 after it. */
function gramRow({ gram }: ProductSums, groups: readonly number[], a: number, d: number, out: Float64Array): void {
  out.fill(0, a * d, (a + 1) * d);
  const { low, high } = gram!;
  if (high !== undefined) {
    for (let b = 0; b <= a; b += 1)
      out[a * d + b] = integerSumAt(
        gram!,
        groups.map((group) => (group * d + a) * d + b),
      );
    return;
  }
  for (const group of groups) {
    const from = (group * d + a) * d;
    for (let b = 0; b <= a; b += 1) out[a * d + b] = out[a * d + b]! + low[from + b]!;
  }
}

/** In squares that a processor's cache holds. */
function transpose(matrix: Float64Array, size: number): void {
  const EDGE = 32;
  for (let top = 0; top < size; top += EDGE) {
    const bottom = Math.min(top + EDGE, size);
    for (let left = 0; left <= top; left += EDGE) {
      for (let row = top; row < bottom; row += 1) {
        const end = Math.min(left + EDGE, row);
        for (let column = left; column < end; column += 1) {
          const [lower, upper] = [row * size + column, column * size + row];
          const value = matrix[lower]!;
          matrix[lower] = matrix[upper]!;
          matrix[upper] = value;
        }
      }
    }
  }
}
