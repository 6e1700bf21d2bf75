import { requireLength } from './require-length.js';

/** Copies what is below the diagonal of a square row-major matrix to above it. */
export function mirrorLower(matrix: Float64Array, size: number): void {
  requireLength('matrix', matrix, size * size);
  for (let row = 1; row < size; row += 1) {
    for (let column = 0; column < row; column += 1) matrix[column * size + row] = matrix[row * size + column]!;
  }
}
