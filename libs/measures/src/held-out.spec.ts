import { unwatched } from '@fathom/errors';
import { Prng, SharedRoom } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { crew } from './crews.fixture.js';
import { everyIndex } from './every-index.js';
import { tilesOf, tune, tuningFeatures } from './held-out.js';
import { randomCase } from './naive-probe.fixture.js';
import { sumsOf } from './probe-arrays.fixture.js';

describe('the choice of the ridge strength', () => {
  it('goes to the larger of strengths that tie to 1e-6', async () => {
    const values = new Float64Array(200);
    new Prng(1).fillGaussian(values);
    const x = memoryRows('layer', values, 200, 1);
    const { alpha, tuning } = await tune(await sumsOf(x, x), everyIndex(1), [1e-9, 1e-8, 1e-7, 0.5], new SharedRoom(), crew, unwatched);
    expect([...tuning.subarray(0, 3)]).toEqual([1, 1, 1]);
    expect(tuning[3]).toBeLessThan(0.95);
    expect(alpha).toBe(1e-7);
  });

  it('compares any number of strengths, each as if it were alone', async () => {
    const [n, d, k] = [60, 6, 4];
    const data = randomCase(3, n, d, k);
    const sums = await sumsOf(memoryRows('layer', data.x, n, d), memoryRows('codes', data.z, n, k));
    const alphas = [1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1];
    const all = await tune(sums, everyIndex(k), alphas, new SharedRoom(), crew, unwatched);
    expect(all.tuning).toHaveLength(7);
    for (const [at, alpha] of alphas.entries())
      expect((await tune(sums, everyIndex(k), [alpha], new SharedRoom(), crew, unwatched)).tuning[0]).toBe(all.tuning[at]);
  });

  it('moves by less than 1e-6 by the digits that the mean of many features is computed with', async () => {
    const [n, d, k] = [200, 40, 300];
    const normal = new Prng(5);
    const values = (count: number): Float64Array => Float64Array.from({ length: count }, () => normal.gaussian());
    const x = values(n * d);
    // Every feature is a channel and a little noise.
    const z = values(n * k).map((noise, at) => x[Math.floor(at / k) * d + (at % d)]! + 0.3 * noise);
    const sums = await sumsOf(memoryRows('layer', x, n, d), memoryRows('codes', z, n, k), { bits: 16 });
    const alphas = [1e-5, 1e-2];
    const { tuning } = await tune(sums, everyIndex(k), alphas, new SharedRoom(), crew, unwatched);
    // Sums that say they have an upper limb are solved with more digits.
    const wide = { ...sums, gram: { ...sums.gram!, high: new Float64Array(sums.gram!.low.length) } };
    const more = await tune(wide, everyIndex(k), alphas, new SharedRoom(), crew, unwatched);
    expect(more.tuning[0]).toBeGreaterThan(0.2);
    more.tuning.forEach((value, at) => expect(Math.abs(tuning[at]! - value)).toBeLessThan(1.5e-6)); // both are rounded to 1e-6
  });

  it('is up to 512 features', () => {
    expect(tuningFeatures(512)).toHaveLength(512);
    expect(tuningFeatures(2000)).toHaveLength(512);
    expect(tuningFeatures(3)).toEqual(everyIndex(3));
  });
});

describe('targets cut for tasks', () => {
  it('are all there, in order, some for every hand, and never more than a thousand at a time', () => {
    for (const [columns, hands] of [
      [1, 1],
      [127, 4],
      [5000, 2],
      [10_000, 3],
      [3000, 64],
    ] as const) {
      const tiles = tilesOf(everyIndex(columns), hands);
      expect(tiles.flatMap((tile) => [...tile])).toEqual([...everyIndex(columns)]);
      expect(Math.max(...tiles.map((tile) => tile.length))).toBeLessThanOrEqual(1024);
    }
  });
});
