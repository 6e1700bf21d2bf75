import fc from 'fast-check';

import { goldenCase, liveScores } from './golden-case.fixture.js';
import { spearman } from './spearman.js';

const columns = fc.integer({ min: 2, max: 30 }).chain((n) => {
  const column = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: n, maxLength: n });
  return fc.tuple(column, column);
});

describe("Spearman's correlation", () => {
  it.each(['planted', 'wide'] as const)('is that of the reference (%s)', (name) => {
    const { expected } = goldenCase(name);
    const column = (of: string) => liveScores(expected, of);
    for (const [pair, rho] of Object.entries(expected.correlations)) {
      const [a, b] = pair.split('~') as [string, string];
      expect(spearman(column(a), column(b))).toBeCloseTo(rho, 12);
    }
  });

  it('is 1 for any increasing function, −1 for any decreasing one, 0 for a constant', () => {
    fc.assert(
      fc.property(columns, ([a]) => {
        fc.pre(new Set(a).size > 1);
        expect(
          spearman(
            a,
            a.map((v) => v ** 3 + 2),
          ),
        ).toBe(1);
        expect(
          spearman(
            a,
            a.map((v) => -2 * v),
          ),
        ).toBe(-1);
        expect(
          spearman(
            a,
            a.map(() => 3),
          ),
        ).toBe(0);
      }),
    );
  });

  it('is symmetric, within [−1, 1], and has the same bits in any order of the features', () => {
    fc.assert(
      fc.property(columns, ([a, b]) => {
        const rho = spearman(a, b);
        expect(Math.abs(rho)).toBeLessThanOrEqual(1);
        expect(spearman(b, a)).toBe(rho);
        expect(spearman([...a].reverse(), [...b].reverse())).toBe(rho);
      }),
    );
  });

  it('refuses columns of different length and NaN', () => {
    expect(() => spearman([1, 2, 3], [1, 2])).toThrow('b: wrong number of values (got 2); accepted: 3 values');
    expect(() => spearman([1, NaN], [1, 2])).toThrow('a, row 1, column 0: not a finite number');
  });
});
