import { nearestFloat64, unitsOf } from './exact-rationals.fixture.js';

const FRACTION = 300n; // bits after the point
const UNIT = 1074n - FRACTION;

/** The lower Cholesky factor of a matrix and its inverse, row-major, in fixed point with 300 bits after the point, rounded once. */
export function bigintFactor(matrix: Float64Array, size: number): { factor: Float64Array; inverse: Float64Array } {
  const a = Array.from(matrix, (value) => unitsOf(value) >> UNIT);
  const factor = new Array<bigint>(size * size).fill(0n);
  const inverse = new Array<bigint>(size * size).fill(0n);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = a[i * size + j]! << FRACTION;
      for (let l = 0; l < j; l += 1) sum -= factor[i * size + l]! * factor[j * size + l]!;
      factor[i * size + j] = i === j ? root(sum) : sum / factor[j * size + j]!;
    }
  }
  for (let j = 0; j < size; j += 1) {
    for (let i = j; i < size; i += 1) {
      let sum = i === j ? 1n << (2n * FRACTION) : 0n;
      for (let l = j; l < i; l += 1) sum -= factor[i * size + l]! * inverse[l * size + j]!;
      inverse[i * size + j] = sum / factor[i * size + i]!;
    }
  }
  const rounded = (values: bigint[]): Float64Array => Float64Array.from(values, (value) => nearestFloat64(value << UNIT));
  return { factor: rounded(factor), inverse: rounded(inverse) };
}

/** The integer square root, by Newton's steps from above. */
function root(value: bigint): bigint {
  if (value <= 0n) throw new Error('not positive definite');
  let guess = 1n << BigInt(Math.ceil((value.toString(16).length * 4) / 2) + 1);
  for (;;) {
    const next = (guess + value / guess) / 2n;
    if (next >= guess) return guess;
    guess = next;
  }
}
