import { Prng } from './prng.js';

/** A seeded rows × columns matrix of normal numbers, row-major. */
export function randomMatrix(seed: number, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  new Prng(seed, 'matrix').fillGaussian(out);
  return out;
}

/** AB by three plain loops. */
export function plainProduct(a: Float64Array, rows: number, inner: number, b: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      for (let l = 0; l < inner; l += 1) out[i * columns + j]! += a[i * inner + l]! * b[l * columns + j]!;
    }
  }
  return out;
}

/** Aᵀ. */
export function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  return a.map((_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** AᵀA of a rows × columns matrix, row by row. */
export function plainGram(a: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(columns * columns);
  for (let row = 0; row < rows; row += 1) {
    const line = a.subarray(row * columns, (row + 1) * columns);
    line.forEach((factor, i) => {
      for (let j = 0; j < columns; j += 1) out[i * columns + j]! += factor * line[j]!;
    });
  }
  return out;
}

/** The largest absolute difference of two arrays of the same length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let at = 0; at < a.length; at += 1) {
    const difference = Math.abs(a[at]! - b[at]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
