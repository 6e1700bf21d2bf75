import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { centredProducts } from './centred-products.js';
import { cka } from './cka.js';
import { crew, shuffledCrew } from './crews.fixture.js';
import { expectClose, goldenCase, PENULTIMATE } from './golden-case.fixture.js';
import { rangesOf } from './probe-arrays.fixture.js';
import { redundancy } from './redundancy.js';
import { seededMasks } from './seeded-masks.js';

async function random(d: number) {
  const prng = new Prng(d);
  const x = Float64Array.from({ length: 60 * d }, () => prng.gaussian());
  // the first feature is spread over all channels, the second is one channel, the third never varies
  const z = Float64Array.from({ length: 60 * 3 }, (_, i) => {
    const row = x.subarray(Math.floor(i / 3) * d, (Math.floor(i / 3) + 1) * d);
    return [row.reduce((sum, value) => sum + value, 0), row[0]!, 7][i % 3]!;
  });
  const [xs, zs] = [memoryRows('x', x, 60, d), memoryRows('z', z, 60, 3)];
  return centredProducts(xs, zs, await rangesOf(xs, zs), 16, crew);
}

describe('redundancy', () => {
  it.each(['planted', 'wide'] as const)('is that of the reference (%s)', async (name) => {
    const golden = goldenCase(name);
    const [x, z] = [golden.rows('layers', PENULTIMATE), golden.rows('codes', 'z')];
    for (const [bits, near] of [
      [16, 1e-4],
      [24, 1e-6],
    ] as const) {
      const products = await centredProducts(x, z, await rangesOf(x, z), bits, crew);
      expectClose(await redundancy(products, golden.array('masks', 'm').values, crew), golden.expected.redundancy, near);
    }
  });

  it('is 1 when no channel is removed, 0 when all are, and 0 for a dead feature', async () => {
    const products = await random(8);
    const [all, none] = [await redundancy(products, new Uint8Array(2 * 8).fill(1), crew), await redundancy(products, new Uint8Array(8), crew)];
    expect([...all]).toEqual([1, 1, 0]);
    expect([...none]).toEqual([0, 0, 0]);
  });

  it('is higher for a feature that is spread over the channels than for one that is a single channel', async () => {
    const products = await random(16);
    const [spread, single] = await redundancy(products, seededMasks(16, 1, { shares: [0.5] }).masks, crew);
    expect(spread).toBeGreaterThan(single!);
  });

  it('is the definition, mask by mask, whoever adds up', async () => {
    const [n, d, k] = [30, 5, 1100];
    const prng = new Prng(9);
    const [x, z] = [n * d, n * k].map((length) => Float64Array.from({ length }, () => prng.gaussian())) as [Float64Array, Float64Array];
    const masks = Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 1, 0, 0);
    const over = async (values: Float64Array) => {
      const [xs, zs] = [memoryRows('x', values, n, d), memoryRows('z', z, n, k)];
      return centredProducts(xs, zs, await rangesOf(xs, zs), 24, crew);
    };
    const whole = await over(x);
    const found = await redundancy(whole, masks, crew);
    expect(await redundancy(whole, masks, shuffledCrew(3, 2))).toEqual(found);
    const each = await Promise.all([0, 1].map(async (m) => cka(await over(x.map((value, at) => (masks[m * d + (at % d)] === 1 ? value : 0))))));
    const wanted = cka(whole).map((value, j) => (each[0]![j]! + each[1]![j]!) / 2 / value);
    expectClose(found, wanted, 1e-9);
  });

  it('refuses masks of another width, none at all, and values that are not 0 or 1', async () => {
    const products = await random(8);
    await expect(redundancy(products, new Uint8Array(12), crew)).rejects.toThrow(
      'masks: wrong width (got 12 values); accepted: M × d values with M ≥ 1 and d = 8 channels',
    );
    await expect(redundancy(products, [], crew)).rejects.toThrow('masks: wrong width');
    await expect(redundancy(products, [...Array<number>(10).fill(1), 0.5, ...Array<number>(5).fill(1)], crew)).rejects.toThrow(
      'masks, row 1, column 2: not a mask (got 0.5)',
    );
  });
});
