import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { mirrorLower } from './mirror-lower.js';
import { pivotedCholesky } from './pivoted-cholesky.js';
import { largestDifference, plainGram, plainProduct, randomMatrix, transposed } from './random-matrix.fixture.js';

describe('the pivoted Cholesky factor', () => {
  it('keeps as many columns as are independent, and gives back the whole matrix on them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 6 }), fc.nat(), (independent, dependent, seed) => {
        const rows = 20;
        const size = independent + dependent;
        const basis = randomMatrix(seed, rows, independent);
        const columns = plainProduct(basis, rows, independent, randomMatrix(seed + 1, independent, size), size);
        const gram = plainGram(columns, rows, size);
        const { rank, order, factor } = pivotedCholesky(gram, size, new Float64Array(size).fill(1e-9));
        expect(rank).toBe(independent);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, index) => index));
        mirrorLower(gram, size);
        const kept = [...order].slice(0, rank).flatMap((row) => [...order].slice(0, rank).map((column) => gram[row * size + column]!));
        expect(largestDifference(plainProduct(factor, rank, rank, transposed(factor, rank, rank), rank), kept)).toBeLessThan(1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('of nothing but zeros has rank 0', () => {
    expect(pivotedCholesky(new Float64Array(9), 3, new Float64Array(3))).toMatchObject({ rank: 0, factor: new Float64Array(0) });
  });

  it('takes the lower index first where pivots tie', () => {
    expect([...pivotedCholesky(Float64Array.of(1, 0, 0, 0, 2, 0, 0, 0, 2), 3, new Float64Array(3)).order]).toEqual([1, 2, 0]);
  });

  it('leaves out a column of which less is left than it asks for, however large it is', () => {
    const { rank, order } = pivotedCholesky(Float64Array.of(9, 0, 0, 4), 2, Float64Array.of(10, 0));
    expect([rank, ...order]).toEqual([1, 1, 0]);
  });

  it('refuses a wrong number of limits and what is not finite', () => {
    expect(() => pivotedCholesky(Float64Array.of(1), 1, new Float64Array(2))).toThrow(InputError);
    expect(() => pivotedCholesky(Float64Array.of(NaN), 1, Float64Array.of(0.1))).toThrow(
      'matrix: the diagonal entry of row 0 is not finite (got "NaN")',
    );
  });
});
