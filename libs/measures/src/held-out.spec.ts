import { unwatched } from '@fathom/errors';
import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { columnRanges } from './column-ranges.js';
import { everyIndex } from './every-index.js';
import { tune, tuningFeatures } from './held-out.js';
import { layerStatistics, plainTargets } from './layer-statistics.js';

describe('the choice of the ridge strength', () => {
  it('goes to the larger of strengths that tie to 1e-6', async () => {
    const values = new Float64Array(200);
    new Prng(1).fillGaussian(values);
    const x = memoryRows('layer', values, 200, 1);
    const ranges = await columnRanges(x);
    const statistics = await layerStatistics(x, x, plainTargets(everyIndex(1)), { folds: 5, blockRows: 64 }, { x: ranges, z: ranges }, unwatched);
    const { alpha, tuning } = tune(statistics, everyIndex(1), [1e-9, 1e-8, 1e-7, 0.5], unwatched);
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
