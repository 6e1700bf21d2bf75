import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { addGram, addProduct, addTransposedProduct, mirrorLower } from './products.js';
import { largestDifference, plainProduct, randomMatrix, transposed } from './random-matrix.fixture.js';

const shapes = fc.record({ rows: fc.nat(300), left: fc.integer({ min: 1, max: 13 }), right: fc.integer({ min: 1, max: 13 }), seed: fc.nat() });

describe('blocked products', () => {
  it('are the plain products, added to what is there', () => {
    fc.assert(
      fc.property(shapes, ({ rows, left, right, seed }) => {
        const a = randomMatrix(seed, rows, left);
        const b = randomMatrix(seed + 1, rows, right);
        const started = randomMatrix(seed + 2, left, right);
        const plain = plainProduct(transposed(a, rows, left), left, rows, b, right);
        const out = started.slice();
        addTransposedProduct(out, a, left, b, right, rows);
        expect(
          largestDifference(
            out,
            plain.map((value, at) => value + started[at]!),
          ),
        ).toBeLessThan(1e-11);
        const again = started.slice();
        addProduct(again, transposed(a, rows, left), left, rows, b, right);
        expect(largestDifference(again, out)).toBeLessThan(1e-11);
      }),
      { numRuns: 60 },
    );
  });

  it('of a matrix with itself fill the lower triangle alone; mirrored, it is the whole', () => {
    fc.assert(
      fc.property(shapes, ({ rows, left, seed }) => {
        const a = randomMatrix(seed, rows, left);
        const whole = new Float64Array(left * left);
        addTransposedProduct(whole, a, left, a, left, rows);
        const lower = new Float64Array(left * left);
        addGram(lower, a, left, rows);
        for (let at = 0; at < lower.length; at += 1) {
          expect(lower[at]).toBe(at % left > Math.floor(at / left) ? 0 : whole[at]);
        }
        mirrorLower(lower, left);
        expect(largestDifference(lower, whole)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('refuse arrays that do not have their shape', () => {
    const four = new Float64Array(4);
    expect(() => addGram(four, four, 2, 3)).toThrow(new InputError({ field: 'a', problem: 'wrong length', value: 4, accepted: '6 elements' }));
    expect(() => addTransposedProduct(four, four, 2, four, 3, 2)).toThrow(InputError);
    expect(() => addProduct(four, four, 2, 2, four, 3)).toThrow(InputError);
    expect(() => mirrorLower(four, 3)).toThrow(InputError);
  });
});
