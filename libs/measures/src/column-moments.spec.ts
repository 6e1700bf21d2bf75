import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { columnMoments, MomentStatistic } from './column-moments.js';
import { columnRanges } from './column-ranges.js';
import { expectWithin } from './expect-within.fixture.js';

const moments = async (values: number[], columns: number) => {
  const z = memoryRows('codes', Float64Array.from(values), values.length / columns, columns);
  return columnMoments(z, await columnRanges(z));
};

describe('the moments of codes', () => {
  it('are mean, population variance and share above 0; a constant column is dead', async () => {
    const found = await moments([0, 0.1, -3, 4, 0.1, -3, 8, 0.1, -3, 0, 0.1, -3], 3);
    expect(found).toEqual({
      mean: Float64Array.of(3, 0.1, -3),
      variance: Float64Array.of(11, 0, 0),
      prevalence: Float64Array.of(0.5, 1, 0),
      live: Uint8Array.of(1, 0, 0),
      dead: 2,
    });
  });

  it('keep their digits where the mean is far from 0', async () => {
    const { variance } = await moments([1e9, 1e9 + 1, 1e9 + 2, 1e9 + 1], 1);
    expectWithin(variance, [0.5], 1e-15);
  });

  it('are those of the parts merged', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 50 }), fc.nat(49), (values, cut) => {
        const of = (part: number[]): MomentStatistic => {
          const statistic = new MomentStatistic(Float64Array.of(1));
          statistic.update({ rows: part.length, values: Float64Array.from(part) });
          return statistic;
        };
        const [whole, first] = [of(values), of(values.slice(0, cut))];
        first.merge(of(values.slice(cut)));
        expect(first.rows).toBe(whole.rows);
        expect(first.positive).toEqual(whole.positive);
        expectWithin(first.sum, whole.sum, 1e-10);
        expectWithin(first.squares, whole.squares, 1e-8);
      }),
    );
  });

  it('refuse no features, no rows, and ranges of another matrix', async () => {
    const ranges = { min: new Float64Array(2), max: new Float64Array(2) };
    await expect(columnMoments(memoryRows('codes', [], 4, 0), { min: new Float64Array(0), max: new Float64Array(0) })).rejects.toThrow(
      'codes: no features (got 0)',
    );
    await expect(columnMoments(memoryRows('codes', [], 0, 2), ranges)).rejects.toThrow('codes: no rows (got 0)');
    await expect(columnMoments(memoryRows('codes', [1, 2, 3], 1, 3), ranges)).rejects.toThrow('codes, min of its columns: wrong length (got 2)');
  });
});
