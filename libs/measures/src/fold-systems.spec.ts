import { SharedRoom } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { columnStandard } from './column-standard.js';
import { crew } from './crews.fixture.js';
import { channelsOf, gramOver, otherFolds } from './fold-systems.js';
import { reportingSystems } from './held-out.js';
import { randomCase, toRows } from './naive-probe.fixture.js';
import { sumsOf } from './probe-arrays.fixture.js';

const [n, d, k] = [50, 5, 3];

describe('the Gram matrix of standardised channels', () => {
  it('is n times their correlations, 0 for a constant channel', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), async (seed) => {
        const data = randomCase(seed, n, d, k); // the last channel is constant
        const sums = await sumsOf(memoryRows('layer', data.x, n, d), memoryRows('codes', data.z, n, k));
        const every = [0, 1, 2, 3, 4];
        const standard = columnStandard(sums.x, d, every, sums.rows);
        const gram = new Float64Array(d * d).fill(NaN);
        gramOver(sums, every, standard, gram);
        const rows = toRows(data.x, d);
        const column = (a: number) => rows.map((row) => row[a]!);
        const mean = (values: number[]) => values.reduce((sum, value) => sum + value / n, 0);
        const centred = (a: number) => column(a).map((value) => value - mean(column(a)));
        const dot = (a: number[], b: number[]) => a.reduce((sum, value, row) => sum + value * b[row]!, 0);
        for (let a = 0; a < d; a += 1)
          for (let b = 0; b <= a; b += 1) {
            const norm = Math.sqrt(dot(centred(a), centred(a)) * dot(centred(b), centred(b)));
            const wanted = a === d - 1 || b === d - 1 ? 0 : (n * dot(centred(a), centred(b))) / norm;
            expect(Math.abs(gram[a * d + b]! - wanted)).toBeLessThan(n * 1e-5);
          }
      }),
      { numRuns: 20 },
    );
  });
});

describe('a fold’s system', () => {
  it('leaves its fold out, and names the channels and folds of the sums', async () => {
    const data = randomCase(1, n, d, k);
    const sums = await sumsOf(memoryRows('layer', data.x, n, d), memoryRows('codes', data.z, n, k));
    expect([channelsOf(sums), otherFolds(sums, 2)]).toEqual([d, [0, 1, 3, 4]]);
    const systems = await reportingSystems(sums, 0.01, new SharedRoom(), crew);
    expect(systems.map(({ fold }) => fold)).toEqual([1, 2, 3, 4]);
    expect(systems[1]!.standard).toEqual(columnStandard(sums.x, d, [0, 1, 3, 4], sums.rows));
  });

  it('of a constant channel is solved by its ridge; too small a ridge is refused', async () => {
    const data = randomCase(1, n, d, k);
    const sums = await sumsOf(memoryRows('layer', data.x, n, d), memoryRows('codes', data.z, n, k));
    const [system] = await reportingSystems(sums, 0.25, new SharedRoom(), crew);
    const rows = n - sums.rows[1]!;
    expect(system!.solver.diagonal[d - 1]).toBeCloseTo(1 / Math.sqrt(0.25 * rows), 9);
    await expect(reportingSystems(sums, 0, new SharedRoom(), crew)).rejects.toThrow('alphas: too small for these activations');
  });
});
