import fc from 'fast-check';

import { centredSums, standardOf } from './centred-sums.js';
import { everyIndex } from './every-index.js';
import { expectWithin } from './expect-within.fixture.js';
import { FoldStatistics } from './fold-statistics.js';
import { randomCase } from './naive-probe.fixture.js';

const sumsOf = (x: Float64Array, z: Float64Array, rows: number) => {
  const [d, k] = [x.length / rows, z.length / rows];
  const statistics = new FoldStatistics(1, new Float64Array(d), new Float64Array(k));
  statistics.update({ start: 0, rows, x, z });
  return { sums: statistics.over([0], everyIndex(k)), constants: statistics.constantChannels([0]) };
};

describe('sums, standardised and centred afterwards', () => {
  it('are those of values that were standardised and centred before, by the same or by other rows', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const [n, d, k] = [12, 3, 3];
        const [own, other] = [randomCase(seed, n, d, k), randomCase(seed + 1, n, d, k)];
        const { sums, constants } = sumsOf(other.x, other.z, n);
        const standard = standardOf(sums, constants);
        expect(standard.scaleX[d - 1]).toBe(1);
        const before = sumsOf(
          own.x.map((value, at) => (value - standard.meanX[at % d]!) / standard.scaleX[at % d]!),
          own.z.map((value, at) => value - standard.meanZ[at % k]!),
          n,
        ).sums;
        const after = centredSums(sumsOf(own.x, own.z, n).sums, standard);
        for (let a = 0; a < d; a += 1) {
          for (let b = 0; b <= a; b += 1) {
            expect(after.gram[a * d + b]).toBeCloseTo(before.gram[a * d + b]!, 8);
            expect(after.gram[b * d + a]).toBe(after.gram[a * d + b]);
          }
        }
        expectWithin(after.cross, before.cross, 1e-6);
        expectWithin(after.energy, before.energy, 1e-6);
      }),
      { numRuns: 40 },
    );
  });

  it('have no energy left where a target always equals the mean, whatever rounding leaves', () => {
    for (const value of [0.1, 0.3, 1e-9, 12345.678]) {
      for (const rows of [3, 7, 10, 1000]) {
        const { sums, constants } = sumsOf(new Float64Array(rows), new Float64Array(rows).fill(value), rows);
        expect([...centredSums(sums, standardOf(sums, constants)).energy]).toEqual([0]);
      }
    }
  });
});
