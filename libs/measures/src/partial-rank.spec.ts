import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { goldenCase, liveScores } from './golden-case.fixture.js';
import { partialRank } from './partial-rank.js';
import { spearman } from './spearman.js';

const { cases } = JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'relations.json'), 'utf8')) as {
  cases: { name: string; a: number[]; b: number[]; covariates: number[][]; partial: number }[];
};

describe('partial rank correlation', () => {
  it.each(['planted', 'wide'] as const)('is that of the reference (%s)', (name) => {
    const { expected } = goldenCase(name);
    const column = (of: string) => liveScores(expected, of);
    for (const [pair, rho] of Object.entries(expected.partial_correlations)) {
      const [a, b] = pair.split('~') as [string, string];
      expect(partialRank(column(a), column(b), ['prevalence', 'variance', 'hoyer'].map(column))).toBeCloseTo(rho, 10);
    }
  });

  it.each(cases)("is SciPy's, by minimum-norm least squares ($name)", ({ a, b, covariates, partial }) =>
    expect(partialRank(a, b, covariates)).toBeCloseTo(partial, 10),
  );

  it('is the plain rank correlation without covariates', () => {
    const [a, b] = [
      [3, 1, 4, 1, 5],
      [2, 7, 1, 8, 2],
    ];
    expect(partialRank(a, b, [])).toBe(spearman(a, b));
    expect(partialRank(a, b, [[1, 1, 1, 1, 1]])).toBe(spearman(a, b));
  });

  it('is 0 where the covariates tell a or b entirely', () => {
    const [a, b] = [
      [3, 1, 4, 1, 5],
      [2, 7, 1, 8, 2],
    ];
    expect(partialRank(a, b, [a])).toBe(0);
    expect(partialRank(a, b, [b.map((v) => -v)])).toBe(0);
  });

  it('refuses a covariate of another length', () => {
    expect(() => partialRank([1, 2], [1, 2], [[1, 2], [1]])).toThrow('covariates[1]: wrong number of values (got 1); accepted: 2 values');
  });
});
