import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { centredProducts, type CentredProducts } from './centred-products.js';
import { cka, ckaPublished } from './cka.js';
import { crew, shuffledCrew } from './crews.fixture.js';
import { expectWithin } from './expect-within.fixture.js';
import { goldenCase, PENULTIMATE } from './golden-case.fixture.js';
import { rangesOf } from './probe-arrays.fixture.js';
import { redundancy } from './redundancy.js';

async function products(x: Float64Array, z: Float64Array, rows: number) {
  const [xs, zs] = [memoryRows('x', x, rows, x.length / rows), memoryRows('z', z, rows, z.length / rows)];
  return centredProducts(xs, zs, await rangesOf(xs, zs), 24, crew);
}

const measures = [
  ['ours', (found: CentredProducts) => Promise.resolve(cka(found))],
  ['published', (found: CentredProducts) => ckaPublished(found, crew)],
] as const;

describe('CKA', () => {
  it.each(['planted', 'wide'] as const)('is that of the reference, and so is the published one (%s)', async (name) => {
    const golden = goldenCase(name);
    const [x, z] = [golden.rows('layers', PENULTIMATE), golden.rows('codes', 'z')];
    for (const [bits, near] of [
      [16, 1e-4],
      [24, 1e-6],
    ] as const) {
      const found = await centredProducts(x, z, await rangesOf(x, z), bits, crew);
      expectWithin(cka(found), golden.expected.cka_penultimate, near);
      expectWithin(await ckaPublished(found, crew), golden.expected.cka_published, near);
    }
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
        for (const [, measure] of measures) {
          const values = await measure(found);
          values.forEach((value) => {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          });
          expectWithin(await measure(moved), values, 1e-6);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is the same at the ends of float32, of float64 and in between, beside a channel that does not vary', async () => {
    const [n, d] = [40, 4];
    const prng = new Prng(5);
    const x = Float64Array.from({ length: n * d }, (_, at) => (at % d === 3 ? 0 : Math.round(8 * prng.gaussian())));
    const z = Float64Array.from({ length: n * 2 }, (_, at) => (at % 2 ? Math.round(8 * prng.gaussian()) : x[(at / 2) * d]!));
    const found = await products(x, z, n);
    const masks = Uint8Array.of(1, 0, 1, 1, 0, 1, 1, 1);
    for (const scale of [1e38, 2 ** -149, 1e100, 1e-120]) {
      const scaled = x.map((value) => value * scale);
      for (const codes of [z, z.map((value) => value * scale)]) {
        const moved = await products(scaled, codes, n);
        for (const [, measure] of measures) expectWithin(await measure(moved), await measure(found), 1e-6);
        expectWithin(await redundancy(moved, masks, crew), await redundancy(found, masks, crew), 1e-6);
      }
    }
    expect(Math.min(...cka(found))).toBeGreaterThan(0.01);
  });

  it('is 1 for a feature that is the only channel, 0 where either does not vary', async () => {
    const x = Float64Array.from([1, 4, 2, 8]);
    const z = Float64Array.from([2, 5, 8, 5, 4, 5, 16, 5]);
    const flat = new Float64Array(4).fill(0.1);
    for (const [, measure] of measures) {
      const [same, constant] = await measure(await products(x, z, 4));
      expect(same).toBeCloseTo(1, 11);
      expect(constant).toBe(0);
      expect([...(await measure(await products(flat, x, 4)))]).toEqual([0]);
    }
  });

  it('published, by digits and tiles, is that of the n × n matrices, whoever multiplies', async () => {
    const [n, d, k] = [50, 7, 1500];
    const prng = new Prng(3);
    const x = Float64Array.from({ length: n * d }, (_, at) => prng.gaussian() * 10 ** ((at % d) - 3));
    const z = Float64Array.from({ length: n * k }, () => Math.max(0, prng.gaussian()));
    const found = await products(x, z, n);
    const values = await ckaPublished(found, crew);
    expect(await ckaPublished(found, shuffledCrew(3, 1))).toEqual(values);
    const centred = (data: Float64Array, width: number) => {
      const means = Array.from({ length: width }, (_, c) => data.reduce((sum, value, at) => sum + (at % width === c ? value / n : 0), 0));
      return data.map((value, at) => value - means[at % width]!);
    };
    const kernel = (data: Float64Array, width: number) =>
      Array.from({ length: n * n }, (_, at) => {
        let sum = 0;
        for (let c = 0; c < width; c += 1) sum += data[Math.floor(at / n) * width + c]! * data[(at % n) * width + c]!;
        return sum;
      });
    const times = (a: number[], b: number[]) =>
      Array.from({ length: n * n }, (_, at) => {
        let sum = 0;
        for (let l = 0; l < n; l += 1) sum += a[Math.floor(at / n) * n + l]! * b[l * n + (at % n)]!;
        return sum;
      });
    const norm = (a: number[]) => Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
    const own = kernel(centred(x, d), d);
    for (const j of [0, 777, 1499]) {
      const other = kernel(
        centred(
          z.filter((_, at) => at % k === j),
          1,
        ),
        1,
      );
      const wanted = norm(times(own, other)) ** 2 / norm(times(own, own)) / norm(times(other, other));
      expect(Math.abs(values[j]! - wanted)).toBeLessThan(1e-6);
    }
  });
});
