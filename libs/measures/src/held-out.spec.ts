import { unwatched } from '@fathom/errors';
import { Prng, SharedRoom } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { crew } from './crews.fixture.js';
import { everyIndex } from './every-index.js';
import { tilesOf, tune, tuningFeatures } from './held-out.js';
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
