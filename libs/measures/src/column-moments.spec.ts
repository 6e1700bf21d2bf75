import type { Bits } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { columnMoments, targetMoments } from './column-moments.js';
import { columnRanges } from './column-ranges.js';
import { crew, shuffledCrew } from './crews.fixture.js';
import { expectWithin } from './expect-within.fixture.js';
import { probeTargets } from './layer-sums.js';

const moments = async (values: ArrayLike<number>, columns: number, bits: Bits = 24) => {
  const z = memoryRows('codes', Float64Array.from(values), values.length / columns, columns);
  return columnMoments(z, await columnRanges(z), bits, crew);
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

  it.each([
    [16, 1e-4],
    [24, 1e-6],
  ] as const)('are those of the values as they are, by two passes, but for what %i bits round off', async (bits, near) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 50 }), async (values) => {
        const { mean, variance, prevalence } = await moments(values, 1, bits);
        const size = Math.max(...values) - Math.min(...values);
        const own = values.reduce((sum, value) => sum + value, 0) / values.length;
        const spread = values.reduce((sum, value) => sum + (value - own) ** 2, 0) / values.length;
        expectWithin(mean, [own], near * size + 1e-13);
        expectWithin(variance, [spread], near * size * size + 1e-26);
        expect(prevalence[0]).toBe(values.filter((value) => value > 0).length / values.length);
      }),
    );
  });

  it('are the same for rows in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ noNaN: true, min: -1e149, max: 1e149 }), { minLength: 2, maxLength: 50 }), async (values) => {
        const sorted = [...values].sort((one, other) => one - other);
        for (const bits of [16, 24] as const) expect(await moments(sorted, 1, bits)).toEqual(await moments(values, 1, bits));
      }),
    );
  });

  it('are the same of codes made ready for probes, whatever their folds, blocks and hands', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.double({ min: -100, max: 100, noNaN: true }), fc.constantFrom(-1, 0, 5e-324, 3)), { minLength: 12, maxLength: 60 }),
        fc.constantFrom<Bits>(16, 24),
        fc.integer({ min: 1, max: 3 }),
        async (rows, bits, hands) => {
          const z = memoryRows('codes', Float64Array.from(rows.flat()), rows.length, 2);
          const ranges = await columnRanges(z);
          const targets = await probeTargets(z, ranges, { folds: 3, bits, widest: 1 }, crew);
          expect(await targetMoments(targets, ranges, shuffledCrew(hands, 1))).toEqual(await columnMoments(z, ranges, bits, crew));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are summed over all blocks of rows', async () => {
    const [rows, progress] = [2500, [] as number[]];
    const values = Float64Array.from({ length: rows }, (_, row) => (row % 5) - 1);
    const control = { throwIfCancelled: () => undefined, progress: (done: number) => void progress.push(done) };
    const { mean, variance, prevalence } = await columnMoments(
      memoryRows('codes', values, rows, 1),
      { min: Float64Array.of(-1), max: Float64Array.of(3) },
      16,
      crew,
      control,
    );
    expect([mean[0], variance[0], prevalence[0]]).toEqual([1, 2, 0.6]);
    expect(progress).toEqual([1024, 2048, 2500]);
  });

  it('refuse a code that is outside of its range, or not finite, naming it', async () => {
    const narrow = { min: Float64Array.of(0, 0), max: Float64Array.of(1, 1) };
    await expect(columnMoments(memoryRows('codes', [0, 0, 0.5, 1.5], 2, 2), narrow, 16, crew)).rejects.toThrow(
      'codes, row 1, column 1: is outside of the range that was given for its column (got 1.5)',
    );
    await expect(columnMoments(memoryRows('codes', [0, 0, NaN, 1], 2, 2), narrow, 16, crew)).rejects.toThrow(
      'codes, row 1, column 0: not a finite number',
    );
  });

  it('refuse no features, no rows, and ranges of another matrix', async () => {
    const ranges = { min: new Float64Array(2), max: new Float64Array(2) };
    await expect(columnMoments(memoryRows('codes', [], 4, 0), { min: new Float64Array(0), max: new Float64Array(0) }, 16, crew)).rejects.toThrow(
      'codes: no features (got 0)',
    );
    await expect(columnMoments(memoryRows('codes', [], 0, 2), ranges, 16, crew)).rejects.toThrow('codes: no rows (got 0)');
    await expect(columnMoments(memoryRows('codes', [1, 2, 3], 1, 3), ranges, 16, crew)).rejects.toThrow(
      'codes, min of its columns: wrong length (got 2)',
    );
  });
});
