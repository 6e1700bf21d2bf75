import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { centredProducts } from './centred-products.js';
import { cka, ckaPublished } from './cka.js';
import { expectClose, goldenCase, PENULTIMATE } from './golden-case.fixture.js';

async function products(x: Float64Array, z: Float64Array, rows: number) {
  return centredProducts(memoryRows('x', x, rows, x.length / rows), memoryRows('z', z, rows, z.length / rows));
}

describe('CKA', () => {
  it.each(['planted', 'wide'] as const)('is that of the reference, and so is the published one (%s)', async (name) => {
    const golden = goldenCase(name);
    const found = await centredProducts(golden.rows('layers', PENULTIMATE), golden.rows('codes', 'z'));
    expectClose(cka(found), golden.expected.cka_penultimate);
    expectClose(ckaPublished(found), golden.expected.cka_published);
  });

  it('lies in [0, 1] and does not change with scale or offset', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 6 }), fc.constantFrom(0.01, 3, 1e4), async (seed, d, scale) => {
        const prng = new Prng(seed);
        const x = Float64Array.from({ length: 20 * d }, () => prng.gaussian());
        const z = Float64Array.from({ length: 40 }, (_, i) => (i % 2 ? prng.gaussian() : x[(i / 2) * d]!));
        const found = await products(x, z, 20);
        const moved = await products(
          x.map((v) => v * scale + 5),
          z.map((v) => 2 - v * scale),
          20,
        );
        for (const measure of [cka, ckaPublished]) {
          const values = measure(found);
          values.forEach((value) => {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          });
          measure(moved).forEach((value, j) => expect(value).toBeCloseTo(values[j]!, 9));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is 1 for a feature that is the only channel, 0 where either does not vary', async () => {
    const x = Float64Array.from([1, 4, 2, 8]);
    const z = Float64Array.from([2, 5, 8, 5, 4, 5, 16, 5]);
    const flat = new Float64Array(4).fill(0.1);
    for (const measure of [cka, ckaPublished]) {
      const [same, constant] = measure(await products(x, z, 4));
      expect(same).toBeCloseTo(1, 12);
      expect(constant).toBe(0);
      expect([...measure(await products(flat, x, 4))]).toEqual([0]);
    }
  });
});
