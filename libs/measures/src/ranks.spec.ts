import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

import { rankGroups, ranksOfGroups } from './ranks.js';

const { cases } = JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'relations.json'), 'utf8')) as {
  cases: { name: string; a: number[]; ranks: number[] }[];
};

describe('mid-ranks, doubled and centred', () => {
  const ranksOf = (values: number[]) => [...ranksOfGroups(rankGroups(values))];

  it.each(cases)("are SciPy's ($name)", ({ a, ranks }) => {
    expect(ranksOf(a)).toEqual(ranks.map((rank) => 2 * rank - a.length - 1));
  });

  it('share the mean place among equals', () => {
    expect(ranksOf([5, 1, 5, -2, 5])).toEqual([2, -2, 2, -4, 2]);
    expect(ranksOf([0, -0])).toEqual([0, 0]);
    expect(ranksOf([])).toEqual([]);
  });

  it('are whole numbers that sum to 0', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }), (values) => {
        const ranks = ranksOf(values);
        expect(ranks.every(Number.isInteger)).toBe(true);
        expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBe(0);
      }),
    );
  });
});
