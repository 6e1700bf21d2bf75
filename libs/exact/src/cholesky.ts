import { InputError } from '@fathom/errors';

import { requireLength } from './require-length.js';

/**
 * Replaces the lower triangle of a symmetric positive definite matrix A by L, with A = LLᵀ. Row-major, size × size;
 * what is above the diagonal is neither read nor written.
 * @param firstRow where the matrix's first row is in a larger one that the error speaks of. @default 0
 * @throws InputError naming the row where the matrix is found not to be positive definite
 */
export function cholesky(matrix: Float64Array, size: number, firstRow = 0): void {
  requireLength('matrix', matrix, size * size);
  for (let j = 0; j < size; j += 1) {
    const rowJ = j * size;
    let square = matrix[rowJ + j]!;
    for (let l = 0; l < j; l += 1) square -= matrix[rowJ + l]! * matrix[rowJ + l]!;
    if (!(square > 0)) {
      throw new InputError({
        field: 'matrix',
        problem: `not positive definite at row ${firstRow + j}`,
        value: square,
        accepted: 'a positive definite matrix',
      });
    }
    const pivot = Math.sqrt(square);
    matrix[rowJ + j] = pivot;
    let i = j + 1;
    for (; i + 3 < size; i += 4) {
      const row0 = i * size;
      const row1 = row0 + size;
      const row2 = row1 + size;
      const row3 = row2 + size;
      let sum0 = matrix[row0 + j]!;
      let sum1 = matrix[row1 + j]!;
      let sum2 = matrix[row2 + j]!;
      let sum3 = matrix[row3 + j]!;
      for (let l = 0; l < j; l += 1) {
        const factor = matrix[rowJ + l]!;
        sum0 -= factor * matrix[row0 + l]!;
        sum1 -= factor * matrix[row1 + l]!;
        sum2 -= factor * matrix[row2 + l]!;
        sum3 -= factor * matrix[row3 + l]!;
      }
      matrix[row0 + j] = sum0 / pivot;
      matrix[row1 + j] = sum1 / pivot;
      matrix[row2 + j] = sum2 / pivot;
      matrix[row3 + j] = sum3 / pivot;
    }
    for (; i < size; i += 1) {
      const row = i * size;
      let sum = matrix[row + j]!;
      for (let l = 0; l < j; l += 1) sum -= matrix[rowJ + l]! * matrix[row + l]!;
      matrix[row + j] = sum / pivot;
    }
  }
}

/**
 * Solves LLᵀX = B in place: B becomes X.
 * @param factor lower triangle as {@link cholesky} leaves it, size × size
 * @param targets B, size × columns, row-major
 */
export function solveCholesky(factor: Float64Array, size: number, targets: Float64Array, columns: number): void {
  solveLower(factor, size, targets, columns);
  solveLowerTransposed(factor, size, targets, columns);
}

/** Solves LX = B in place, for the lower triangle of a row-major size × size matrix and B, size × columns. */
export function solveLower(factor: Float64Array, size: number, targets: Float64Array, columns: number): void {
  requireLength('factor', factor, size * size);
  requireLength('targets', targets, size * columns);
  for (let i = 0; i < size; i += 1) {
    let l = 0;
    for (; l + 3 < i; l += 4) {
      subtractFour(targets, columns, i, l, factor[i * size + l]!, factor[i * size + l + 1]!, factor[i * size + l + 2]!, factor[i * size + l + 3]!);
    }
    for (; l < i; l += 1) subtractOne(targets, columns, i, l, factor[i * size + l]!);
    divideRow(targets, columns, i, factor[i * size + i]!);
  }
}

/** Solves LᵀX = B in place, for the lower triangle of a row-major size × size matrix and B, size × columns. */
export function solveLowerTransposed(factor: Float64Array, size: number, targets: Float64Array, columns: number): void {
  requireLength('factor', factor, size * size);
  requireLength('targets', targets, size * columns);
  for (let i = size - 1; i >= 0; i -= 1) {
    let l = i + 1;
    for (; l + 3 < size; l += 4) {
      subtractFour(
        targets,
        columns,
        i,
        l,
        factor[l * size + i]!,
        factor[(l + 1) * size + i]!,
        factor[(l + 2) * size + i]!,
        factor[(l + 3) * size + i]!,
      );
    }
    for (; l < size; l += 1) subtractOne(targets, columns, i, l, factor[l * size + i]!);
    divideRow(targets, columns, i, factor[i * size + i]!);
  }
}

/** Row i minus four other rows, which are neighbours, each times its factor. */
function subtractFour(targets: Float64Array, columns: number, i: number, first: number, f0: number, f1: number, f2: number, f3: number): void {
  const to = i * columns;
  const from0 = first * columns;
  const from1 = from0 + columns;
  const from2 = from1 + columns;
  const from3 = from2 + columns;
  for (let c = 0; c < columns; c += 1) {
    targets[to + c] = targets[to + c]! - (f0 * targets[from0 + c]! + f1 * targets[from1 + c]! + f2 * targets[from2 + c]! + f3 * targets[from3 + c]!);
  }
}

function subtractOne(targets: Float64Array, columns: number, i: number, other: number, factor: number): void {
  for (let c = 0; c < columns; c += 1) targets[i * columns + c] = targets[i * columns + c]! - factor * targets[other * columns + c]!;
}

function divideRow(targets: Float64Array, columns: number, i: number, divisor: number): void {
  for (let c = 0; c < columns; c += 1) targets[i * columns + c] = targets[i * columns + c]! / divisor;
}
