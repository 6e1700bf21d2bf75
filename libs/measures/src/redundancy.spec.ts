import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { centredProducts } from './centred-products.js';
import { expectClose, goldenCase, PENULTIMATE } from './golden-case.fixture.js';
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
  return centredProducts(memoryRows('x', x, 60, d), memoryRows('z', z, 60, 3));
}

describe('redundancy', () => {
  it.each(['planted', 'wide'] as const)('is that of the reference (%s)', async (name) => {
    const golden = goldenCase(name);
    const products = await centredProducts(golden.rows('layers', PENULTIMATE), golden.rows('codes', 'z'));
    expectClose(redundancy(products, golden.array('masks', 'm').values), golden.expected.redundancy);
  });

  it('is 1 when no channel is removed, 0 when all are, and 0 for a dead feature', async () => {
    const products = await random(8);
    expect([...redundancy(products, new Uint8Array(2 * 8).fill(1))]).toEqual([1, 1, 0]);
    expect([...redundancy(products, new Uint8Array(8))]).toEqual([0, 0, 0]);
  });

  it('is higher for a feature that is spread over the channels than for one that is a single channel', async () => {
    const products = await random(16);
    const [spread, single] = redundancy(products, seededMasks(16, 1, { shares: [0.5] }).masks);
    expect(spread).toBeGreaterThan(single!);
  });

  it('refuses masks of another width, none at all, and values that are not 0 or 1', async () => {
    const products = await random(8);
    expect(() => redundancy(products, new Uint8Array(12))).toThrow(
      'masks: wrong width (got 12 values); accepted: M × d values with M ≥ 1 and d = 8 channels',
    );
    expect(() => redundancy(products, [])).toThrow('masks: wrong width');
    expect(() => redundancy(products, [...Array<number>(10).fill(1), 0.5, ...Array<number>(5).fill(1)])).toThrow(
      'masks, row 1, column 2: not a mask (got 0.5)',
    );
  });
});
