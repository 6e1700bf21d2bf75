import { Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { expectClose, goldenCase } from './golden-case.fixture.js';
import { noisyRows } from './noisy-codes.js';
import { sensitivity, SensitivityStatistic } from './sensitivity.js';

function goldenNoise(name: 'planted' | 'wide') {
  const golden = goldenCase(name);
  const { shape, values } = golden.array('noisy_codes', 'z');
  const [strengths, draws, images, k] = shape as [number, number, number, number];
  return { expected: golden.expected, values, strengths, draws, images, k };
}

describe('sensitivity', () => {
  it.each(['planted', 'wide'] as const)('is that of the reference (%s)', async (name) => {
    const { expected, values, k, ...shape } = goldenNoise(name);
    const rows = memoryRows('noisy z', values, values.length / k, k);
    const found = await sensitivity(noisyRows(rows, shape), expected.variance);
    expectClose(found.sensitivity, expected.sensitivity);
  });

  it('has the raw variance, the range, and each strength alone, of the definition', async () => {
    const { expected, values, k, strengths, draws, images } = goldenNoise('planted');
    const rows = memoryRows('noisy z', values, values.length / k, k);
    const found = await sensitivity(noisyRows(rows, { strengths, draws, images }), expected.variance);
    const at = (s: number, t: number, i: number, j: number) => values[((s * draws + t) * images + i) * k + j]!;
    for (let j = 0; j < k; j++) {
      const [ranges, variances]: [number[], number[]] = [[], []];
      for (let s = 0; s < strengths; s++) {
        let [range, variance] = [0, 0];
        for (let i = 0; i < images; i++) {
          const drawn = Array.from({ length: draws }, (_, t) => at(s, t, i, j));
          const mean = drawn.reduce((sum, value) => sum + value, 0) / draws;
          range += (Math.max(...drawn) - Math.min(...drawn)) / images;
          variance += drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws / images;
        }
        ranges.push(range);
        variances.push(variance);
      }
      const mean = (each: number[]) => each.reduce((sum, value) => sum + value, 0) / strengths;
      expectClose([found.range[j]!, found.raw[j]!], [mean(ranges), mean(variances)]);
      for (let s = 0; s < strengths; s++)
        expectClose([found.rangePerStrength[s * k + j]!, found.rawPerStrength[s * k + j]!], [ranges[s]!, variances[s]!]);
    }
  });

  it('is 0 where Var(z) = 0, and loses no digits to a large mean', () => {
    const statistic = new SensitivityStatistic(1, 2);
    statistic.update({ strength: 0, draws: 2, images: 1, codes: Float64Array.of(1e9, 5, 1e9 + 1, 7) });
    const found = statistic.result([2, 0]);
    expect([...found.sensitivity]).toEqual([0.125, 0]);
    expect([...found.raw]).toEqual([0.25, 1]);
    expect([...found.range]).toEqual([1, 2]);
  });

  it('is exactly 0 for codes that noise does not move', () => {
    const statistic = new SensitivityStatistic(1, 1);
    statistic.update({ strength: 0, draws: 3, images: 1, codes: Float64Array.of(0.1, 0.1, 0.1) });
    expect([...statistic.result([1]).sensitivity]).toEqual([0]);
  });

  it('has the same bits for blocks of images of any size, and for shards in any order', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 9 }), (seed, blockImages) => {
        const [strengths, draws, images, k] = [2, 3, 9, 2];
        const prng = new Prng(seed);
        const codes = Float64Array.from({ length: strengths * draws * images * k }, () => prng.gaussian());
        const add = (statistic: SensitivityStatistic, strength: number, from: number, to: number) => {
          const block = Float64Array.from({ length: draws * (to - from) * k }, (_, at) => {
            const draw = Math.floor(at / ((to - from) * k));
            return codes[((strength * draws + draw) * images + from) * k + (at % ((to - from) * k))]!;
          });
          statistic.update({ strength, draws, images: to - from, codes: block });
        };
        const make = () => new SensitivityStatistic(strengths, k);
        const variance = [1, 2];
        const [whole, blocks] = [make(), make()];
        for (let s = 0; s < strengths; s++) {
          add(whole, s, 0, images);
          for (let from = 0; from < images; from += blockImages) add(blocks, s, from, Math.min(images, from + blockImages));
        }
        expect(blocks.result(variance)).toEqual(whole.result(variance));
        const shards = (order: number[]) => {
          const all = make();
          for (const index of order) {
            const part = make();
            for (let s = 0; s < strengths; s++) add(part, s, index * 3, index * 3 + 3);
            all.merge(part);
          }
          return all.result(variance);
        };
        for (const order of [
          [0, 1, 2],
          [2, 0, 1],
        ])
          expect(shards(order)).toEqual(whole.result(variance));
      }),
      { numRuns: 30 },
    );
  });

  it('reads a few images at a time', async () => {
    const [draws, images, k] = [100, 100, 512];
    let most = 0;
    const codes = {
      name: 'noisy z',
      strengths: 1,
      draws,
      images,
      features: k,
      read: (_s: number, _t: number, start: number, end: number) => {
        most = Math.max(most, end - start);
        return Promise.resolve(new Float64Array((end - start) * k));
      },
    };
    await sensitivity(codes, new Float64Array(k));
    expect(most * draws * k).toBeLessThanOrEqual(1 << 20);
  });

  it('names strength, draw, image and feature of a NaN', async () => {
    const values = new Float64Array(2 * 3 * 4 * 2);
    values[((1 * 3 + 2) * 4 + 3) * 2 + 1] = NaN;
    const noisy = noisyRows(memoryRows('noisy z', values, 24, 2), { strengths: 2, draws: 3, images: 4 });
    await expect(sensitivity(noisy, [1, 1])).rejects.toThrow('noisy z, strength 1, draw 2, row 3, column 1: not a finite number (got "NaN")');
  });

  it('refuses shapes that do not fit', () => {
    const rows = memoryRows('noisy z', new Float64Array(20), 10, 2);
    expect(() => noisyRows(rows, { strengths: 3, draws: 2, images: 2 })).toThrow(
      'noisy z: wrong number of rows (got 10); accepted: strengths × draws × images = 3 × 2 × 2 rows',
    );
    expect(() => noisyRows(rows, { strengths: 0, draws: 2, images: 2 })).toThrow('strengths: nothing there (got 0)');
    const statistic = new SensitivityStatistic(2, 2);
    expect(() => statistic.update({ strength: 0, draws: 2, images: 1, codes: new Float64Array(3) })).toThrow('codes: wrong number of values (got 3)');
    expect(() => statistic.update({ strength: 2, draws: 1, images: 1, codes: new Float64Array(2) })).toThrow('strength: no such strength (got 2)');
    expect(() => statistic.update({ strength: 1, draws: 2, images: 1, codes: Float64Array.of(1e200, 0, 0, 0) })).toThrow(
      'codes of feature 0: vary too much at strength 1 for their variance to be summed (got 1e+200); accepted: a variance below 2^1024',
    );
    expect(() => statistic.result([1])).toThrow('variance: wrong number of features (got 1); accepted: 2 values');
    statistic.update({ strength: 0, draws: 1, images: 1, codes: new Float64Array(2) });
    expect(() => statistic.result([1, 1])).toThrow('strength 1: wrong number of images (got 0)');
  });
});
