import { InputError } from '@fathom/errors';
import { KernelLayout, kernels } from '@fathom/kernels';

import { requireLength } from './require-length.js';

/**
 * Replaces the lower triangle of a symmetric positive definite matrix A by L, with A = LLᵀ. Row-major, size × size;
 * what is above the diagonal is neither read nor written.
 * @param size at most 900
 * @param firstRow where the matrix's first row is in a larger one that the error speaks of. @default 0
 * @throws InputError naming the row where the matrix is found not to be positive definite
 */
export function cholesky(matrix: Float64Array, size: number, firstRow = 0): void {
  requireLength('matrix', matrix, size * size);
  const { memory, ...kernel } = kernels();
  const { float64 } = memory;
  const address = new KernelLayout().take(8 * size * size);
  const upper = address / 8;
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column <= row; column += 1) float64[upper + column * size + row] = matrix[row * size + column]!;
  const bad = kernel.factorise(address, size);
  if (bad >= 0) {
    throw new InputError({
      field: 'matrix',
      problem: `not positive definite at row ${firstRow + bad}`,
      value: float64[upper + bad * (size + 1)]!,
      accepted: 'a positive definite matrix',
    });
  }
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column <= row; column += 1) matrix[row * size + column] = float64[upper + column * size + row]!;
}
