import { gaussianMatrix } from './compare.fixture.js';
import { innerProducts } from './row-products.js';

describe('inner products', () => {
  it('are those of every row with every vector', () => {
    const rows = Float64Array.of(1, 2, 3, 4, 5, 6); // 3 × 2
    const out = new Float64Array(10);
    innerProducts(out, 1, rows, 3, rows, 3, 2);
    expect([...out]).toEqual([0, 5, 11, 17, 11, 25, 39, 17, 39, 61]);
  });

  it('are the same bits whatever stands beside them', () => {
    const vectors = gaussianMatrix(7 * 13, 1);
    const rows = gaussianMatrix(3 * 13, 2);
    const whole = new Float64Array(21);
    innerProducts(whole, 0, rows, 3, vectors, 7, 13);
    for (let j = 0; j < 7; j++) {
      const one = new Float64Array(3);
      innerProducts(one, 0, rows, 3, vectors.slice(j * 13, (j + 1) * 13), 1, 13);
      expect([...one]).toEqual([whole[j], whole[7 + j], whole[14 + j]]);
    }
  });
});
