import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

import { centredRanks, midRanks, rankGroups } from './ranks.js';

const { cases } = JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'relations.json'), 'utf8')) as {
  cases: { name: string; a: number[]; ranks: number[] }[];
};

describe('mid-ranks', () => {
  it.each(cases)("are SciPy's, counted from 0 ($name)", ({ a, ranks }) => {
    expect([...midRanks(a)]).toEqual(ranks.map((rank) => rank - 1));
  });

  it('share the mean place among equals', () => {
    expect([...midRanks([5, 1, 5, -2, 5])]).toEqual([3, 1, 3, 0, 3]);
    expect([...midRanks([0, -0])]).toEqual([0.5, 0.5]);
    expect([...midRanks([])]).toEqual([]);
  });

  it('are whole numbers that sum to 0 once doubled and centred', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }), (values) => {
        const { group, groups } = rankGroups(values);
        const ranks = new Float64Array(values.length);
        centredRanks(group, new Float64Array(groups), ranks);
        expect(ranks.every(Number.isInteger)).toBe(true);
        expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBe(0);
        midRanks(values).forEach((rank, i) => expect(2 * rank - values.length + 1).toBe(ranks[i]));
      }),
    );
  });
});
