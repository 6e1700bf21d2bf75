import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { cholesky } from './cholesky.js';
import { largestDifference, plainGram, plainProduct, randomMatrix, transposed } from './random-matrix.fixture.js';

/** Symmetric, its eigenvalues at least 1. */
function positiveDefinite(seed: number, size: number): Float64Array {
  const gram = plainGram(randomMatrix(seed, size + 3, size), size + 3, size);
  for (let i = 0; i < size; i += 1) gram[i * size + i]! += 1;
  return gram;
}

const lowerOnly = (matrix: Float64Array, size: number): Float64Array => matrix.map((value, at) => (at % size > Math.floor(at / size) ? 0 : value));

describe('the Cholesky factor', () => {
  it('times its transpose is the matrix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 21 }), fc.nat(), (size, seed) => {
        const matrix = positiveDefinite(seed, size);
        const factor = matrix.slice();
        cholesky(factor, size);
        const lower = lowerOnly(factor, size);
        expect(largestDifference(plainProduct(lower, size, size, transposed(lower, size, size), size), matrix)).toBeLessThan(1e-11);
      }),
      { numRuns: 60 },
    );
  });

  it('does not exist where the matrix is not positive definite: the row is named', () => {
    expect(() => cholesky(Float64Array.of(1, 0, 1, 1), 2)).toThrow(
      new InputError({ field: 'matrix', problem: 'not positive definite at row 1', value: 0, accepted: 'a positive definite matrix' }),
    );
    expect(() => cholesky(Float64Array.of(NaN), 1)).toThrow('not positive definite at row 0');
    expect(() => cholesky(new Float64Array(3), 2)).toThrow(InputError);
  });
});
