import { integerAt } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { everyIndex } from './every-index.js';
import { randomCase } from './naive-probe.fixture.js';
import { sumsOf } from './probe-arrays.fixture.js';
import { crossOver } from './probe-errors.js';

const [n, d, k, folds] = [40, 3, 6, 5];

describe.each([16, 24] as const)('cross products of some targets, with %i bits', (bits) => {
  const sums = async () => {
    const data = randomCase(4, n, d, k);
    return sumsOf(memoryRows('layer', data.x, n, d), memoryRows('codes', data.z, n, k), { bits });
  };

  it.each([[[0, 1, 2, 3, 4, 5]], [[2, 3, 4]], [[5, 0, 3]], [[1]]])('are those of one fold, or of all, target by target: %j', async (chosen) => {
    const found = await sums();
    const { cross } = found.z[0]!;
    const columns = Uint32Array.from(chosen);
    const at = (fold: number, a: number, column: number): number => integerAt(cross, (fold * d + a) * k + column);
    const one = crossOver(found, 0, columns, 2);
    const all = crossOver(found, 0, columns, undefined);
    for (let a = 0; a < d; a += 1) {
      columns.forEach((column, j) => {
        expect(one[a * columns.length + j]).toBe(at(2, a, column));
        const total = [...everyIndex(folds)].reduce((sum, fold) => sum + at(fold, a, column), 0);
        expect(Math.abs(all[a * columns.length + j]! - total)).toBeLessThanOrEqual(Math.abs(total) * 1e-15);
      });
    }
  });

  it('write over what was there', async () => {
    const found = await sums();
    const columns = Uint32Array.of(4, 1);
    const used = new Float64Array(d * 2).fill(7e9);
    for (const fold of [1, undefined]) expect(crossOver(found, 0, columns, fold, used)).toEqual(crossOver(found, 0, columns, fold));
  });
});
