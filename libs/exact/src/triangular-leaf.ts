import { InputError } from '@fathom/errors';

import { FINITE, LARGEST_VALUE } from './digit-scale.js';
import { requireLength } from './require-length.js';

/** @throws InputError naming the first row of the lower triangle with a value that cannot be cut into digits */
export function requireLower(field: string, matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      const value = matrix[row * size + column]!;
      if (!(Math.abs(value) < LARGEST_VALUE))
        throw new InputError({ field, problem: `not a number to calculate with, at row ${row}, column ${column}`, value, accepted: FINITE });
    }
  }
}

/** Copies a square block of a row-major matrix. */
export function copyBlock(block: Float64Array, size: number, matrix: Float64Array, offset: number, stride: number): void {
  for (let row = 0; row < size; row += 1) {
    const from = offset + row * stride;
    for (let column = 0; column < size; column += 1) block[row * size + column] = matrix[from + column]!;
  }
}

/** Writes the lower triangle of a square block into a row-major matrix. */
export function putLower(block: Float64Array, size: number, matrix: Float64Array, offset: number, stride: number): void {
  for (let row = 0; row < size; row += 1) {
    const to = offset + row * stride;
    for (let column = 0; column <= row; column += 1) matrix[to + column] = block[row * size + column]!;
  }
}

/**
 * Solves XLᵀ = B in place for a small L: rows of `size` values in a row-major matrix. Every row's sums run in the order of their columns;
 * four rows and two columns at a time, so that each number read takes part in several products.
 */
export function solveRows(factor: Float64Array, size: number, matrix: Float64Array, offset: number, rows: number, stride: number): void {
  requireLength('factor', factor, size * size);
  const inverse = new Float64Array(size);
  for (let j = 0; j < size; j += 1) inverse[j] = 1 / factor[j * size + j]!;
  let row = 0;
  for (; row + 3 < rows; row += 4) solveFourRows(factor, size, inverse, matrix, offset + row * stride, stride);
  for (; row < rows; row += 1) solveRow(factor, size, inverse, matrix, offset + row * stride);
}

function solveFourRows(factor: Float64Array, size: number, inverse: Float64Array, x: Float64Array, row0: number, stride: number): void {
  const row1 = row0 + stride;
  const row2 = row1 + stride;
  const row3 = row2 + stride;
  let j = 0;
  for (; j + 1 < size; j += 2) {
    const f = j * size;
    const g = f + size;
    let [s0, s1, s2, s3] = [x[row0 + j]!, x[row1 + j]!, x[row2 + j]!, x[row3 + j]!];
    let [t0, t1, t2, t3] = [x[row0 + j + 1]!, x[row1 + j + 1]!, x[row2 + j + 1]!, x[row3 + j + 1]!];
    for (let l = 0; l < j; l += 1) {
      const p = factor[f + l]!;
      const q = factor[g + l]!;
      const x0 = x[row0 + l]!;
      s0 -= p * x0;
      t0 -= q * x0;
      const x1 = x[row1 + l]!;
      s1 -= p * x1;
      t1 -= q * x1;
      const x2 = x[row2 + l]!;
      s2 -= p * x2;
      t2 -= q * x2;
      const x3 = x[row3 + l]!;
      s3 -= p * x3;
      t3 -= q * x3;
    }
    const [u, v, w] = [inverse[j]!, inverse[j + 1]!, factor[g + j]!];
    x[row0 + j] = s0 *= u;
    x[row1 + j] = s1 *= u;
    x[row2 + j] = s2 *= u;
    x[row3 + j] = s3 *= u;
    x[row0 + j + 1] = (t0 - w * s0) * v;
    x[row1 + j + 1] = (t1 - w * s1) * v;
    x[row2 + j + 1] = (t2 - w * s2) * v;
    x[row3 + j + 1] = (t3 - w * s3) * v;
  }
  if (j < size) for (const row of [row0, row1, row2, row3]) solveColumn(factor, size, inverse, x, row, j);
}

function solveRow(factor: Float64Array, size: number, inverse: Float64Array, x: Float64Array, row: number): void {
  for (let j = 0; j < size; j += 1) solveColumn(factor, size, inverse, x, row, j);
}

function solveColumn(factor: Float64Array, size: number, inverse: Float64Array, x: Float64Array, row: number, j: number): void {
  let sum = x[row + j]!;
  for (let l = 0; l < j; l += 1) sum -= factor[j * size + l]! * x[row + l]!;
  x[row + j] = sum * inverse[j]!;
}

/** Replaces a small lower triangle by its inverse, column after column from the last; what is above the diagonal is not touched. */
export function invertLower(lower: Float64Array, size: number): void {
  requireLength('lower', lower, size * size);
  for (let j = size - 1; j >= 0; j -= 1) {
    const pivot = 1 / lower[j * size + j]!;
    lower[j * size + j] = pivot;
    // Below it: minus the inverse found so far times the column. From the bottom up, because a row reads what is above it in the column.
    for (let i = size - 1; i > j; i -= 1) {
      let sum = 0;
      for (let l = j + 1; l <= i; l += 1) sum += lower[i * size + l]! * lower[l * size + j]!;
      lower[i * size + j] = -sum * pivot;
    }
  }
}
