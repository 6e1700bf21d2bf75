import fc from 'fast-check';
import { gaussianMatrix, relativeDifference } from './compare.fixture.js';
import { addProductOverRows, innerProducts } from './row-products.js';

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 13 }),
  p: fc.integer({ min: 1, max: 9 }),
  q: fc.integer({ min: 1, max: 9 }),
  cut: fc.nat(13),
  seed: fc.nat(1000),
});

describe('products over rows', () => {
  it('are sums of products', () => {
    const left = Float64Array.of(1, 2, 3, 4, 5, 6); // 3 × 2
    const right = Float64Array.of(1, 0, 2, 1, 0, 3); // 3 × 2
    const out = new Float64Array(4);
    addProductOverRows(out, left, 0, 2, right, 2, 3);
    expect([...out]).toEqual([7, 18, 10, 22]);
    const inner = new Float64Array(9);
    innerProducts(inner, 0, left, 3, right, 3, 2);
    expect([...inner]).toEqual([1, 4, 6, 3, 10, 12, 5, 16, 18]);
  });

  it('have the same bits wherever the rows are cut', () => {
    fc.assert(
      fc.property(sizes, ({ rows, p, q, cut, seed }) => {
        const left = gaussianMatrix(rows * p, seed);
        const right = gaussianMatrix(rows * q, seed + 1);
        const first = Math.min(cut, rows);
        const whole = new Float64Array(p * q);
        addProductOverRows(whole, left, 0, p, right, q, rows);
        const parts = new Float64Array(p * q);
        addProductOverRows(parts, left, 0, p, right, q, first);
        addProductOverRows(parts, left, first * p, p, right.subarray(first * q), q, rows - first);
        expect(parts).toEqual(whole);
      }),
    );
  });

  it('agree with each other: leftᵀ·right row by row is the inner products of the columns', () => {
    fc.assert(
      fc.property(sizes, ({ rows, p, q, seed }) => {
        const left = gaussianMatrix(rows * p, seed);
        const right = gaussianMatrix(rows * q, seed + 1);
        const columns = (m: Float64Array, width: number) =>
          Float64Array.from({ length: m.length }, (_, at) => m[(at % rows) * width + Math.floor(at / rows)]!);
        const ours = new Float64Array(p * q);
        addProductOverRows(ours, left, 0, p, right, q, rows);
        const theirs = new Float64Array(p * q);
        innerProducts(theirs, 0, columns(left, p), p, columns(right, q), q, rows);
        expect(relativeDifference(ours, theirs)).toBeLessThan(1e-12);
      }),
    );
  });
});
