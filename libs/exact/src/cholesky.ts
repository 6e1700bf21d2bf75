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
