import fc from 'fast-check';
import { gaussianMatrix } from './compare.fixture.js';
import { innerProducts } from './row-products.js';
import { symmetricEigen } from './symmetric-eigen.js';

describe('the symmetric eigen-solver', () => {
  it('knows a matrix that has been solved by hand', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 5), 3);
    expect([...values].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([5, 3, 1]);
    const half = Math.SQRT1_2;
    [0, 0, 1, half, half, 0].forEach((x, at) => expect(vectors[at]).toBeCloseTo(x, 14));
    expect(vectors[6]).toBeCloseTo(half, 14); // of equal magnitudes the first is positive
    expect(vectors[7]).toBeCloseTo(-half, 14);
  });

  it('gives orthonormal vectors with falling values that rebuild the matrix, also when it is singular', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 14 }), fc.nat(1000), (n, rows, seed) => {
        const data = gaussianMatrix(rows * n, seed);
        const matrix = Float64Array.from({ length: n * n }, (_, at) => {
          let sum = 0;
          for (let row = 0; row < rows; row += 1) sum += data[row * n + Math.floor(at / n)]! * data[row * n + (at % n)]!;
          return sum;
        });
        const { values, vectors } = symmetricEigen(matrix, n);
        const inner = new Float64Array(n * n);
        innerProducts(inner, 0, vectors, n, vectors, n, n);
        const size = Math.max(...values);
        for (let i = 0; i < n; i++) {
          if (i > 0) expect(values[i]!).toBeLessThanOrEqual(values[i - 1]!);
          for (let j = 0; j < n; j++) {
            expect(Math.abs(inner[i * n + j]! - (i === j ? 1 : 0))).toBeLessThan(1e-13);
            let rebuilt = 0;
            for (let l = 0; l < n; l++) rebuilt += values[l]! * vectors[l * n + i]! * vectors[l * n + j]!;
            expect(Math.abs(rebuilt - matrix[i * n + j]!)).toBeLessThan(1e-13 * n * size);
          }
        }
      }),
    );
  });

  it('takes a zero matrix', () => {
    expect([...symmetricEigen(new Float64Array(4), 2).values]).toEqual([0, 0]);
  });
});
