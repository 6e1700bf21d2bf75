import { InputError } from '@fathom/errors';
import { KernelLayout, kernels } from '@fathom/kernels';

import { largestOfRows } from './cut-digits.js';
import { FINITE, LARGEST_VALUE } from './digit-scale.js';
import { bringBack, forParts, isKept, lay, PART, type MatrixPart } from './matrix-part.js';
import { requireLength } from './require-length.js';

/** @throws InputError naming the first row of the lower triangle with a value that cannot be cut into digits */
export function requireLower(field: string, matrix: Float64Array, size: number): void {
  const largest = new Float64Array(1);
  for (let row = 0; row < size; row += 1) {
    largestOfRows({ matrix, offset: row * size, stride: size, rows: 1, columns: row + 1 }, largest.fill(0));
    if (largest[0]! < LARGEST_VALUE) continue;
    const values = matrix.subarray(row * size, row * size + row + 1);
    const column = values.findIndex((value) => !(Math.abs(value) < LARGEST_VALUE));
    throw new InputError({
      field,
      problem: `not a number to calculate with, at row ${row}, column ${column}`,
      value: values[column],
      accepted: FINITE,
    });
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

/** Solves XLᵀ = B in place for a small L, `x` being B. Every row's sums run in the order of their columns. */
export function solveRows(factor: Float64Array, size: number, x: MatrixPart): void {
  requireLength('factor', factor, size * size);
  const kernel = kernels();
  forParts(x, isKept(x.matrix) ? Infinity : PART, (part) => {
    const layout = new KernelLayout();
    const { at: l } = lay({ matrix: factor, offset: 0, stride: size, rows: size, columns: size }, layout);
    const inverse = layout.take(8 * size);
    for (let j = 0; j < size; j += 1) kernel.memory.float64[inverse / 8 + j] = 1 / factor[j * size + j]!;
    const place = lay(part, layout);
    kernel.solveRows(l, inverse, size, place.at, place.pitch, part.rows, layout.take(4 * 8 * size));
    bringBack(part, place);
  });
}

/** Replaces a small lower triangle L by its inverse, as the transpose of X with XLᵀ = I; what is above the diagonal is not touched. */
export function invertLower(lower: Float64Array, size: number): void {
  const turned = new Float64Array(size * size);
  for (let at = 0; at < size; at += 1) turned[at * (size + 1)] = 1;
  solveRows(lower, size, { matrix: turned, offset: 0, stride: size, rows: size, columns: size });
  for (let row = 0; row < size; row += 1) for (let column = 0; column <= row; column += 1) lower[row * size + column] = turned[column * size + row]!;
}
