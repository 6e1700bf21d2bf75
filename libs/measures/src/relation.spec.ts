import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { relation, type Column } from './relation.js';
import { spearman } from './spearman.js';

interface Case {
  readonly name: string;
  readonly a: number[];
  readonly b: number[];
  readonly covariates: number[][];
  readonly rho: number;
  readonly partial: number;
  /** Share of `p_draws` permutations (all of them, where there are few) whose |ρ| is at least |rho|. */
  readonly p: number;
  readonly p_draws: number;
  /** Where a percentile of `draws` bootstrap draws must lie: four standard errors of the number of draws around it. */
  readonly interval: { readonly low: [number, number]; readonly high: [number, number] };
}

/** Made by fixtures/make_relations.py. */
const fixture = JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'relations.json'), 'utf8')) as { draws: number; cases: Case[] };

const column = (name: string, values: ArrayLike<number>): Column => ({ name, values });
const ORDERS_OF_SEVEN = 5040;
const FEW = { seed: 1, bootstrapDraws: 100, permutationDraws: 100 };

describe('a relation', () => {
  it.each(fixture.cases)("has SciPy's correlation, interval, p and partial correlation ($name)", (given) => {
    const covariates = given.covariates.map((values, i) => column(`covariate ${i}`, values));
    const found = relation(column('a', given.a), column('b', given.b), covariates, { seed: 5, bootstrapDraws: fixture.draws });
    expect(found.rho).toBeCloseTo(given.rho, 12);
    expect(found.partial).toBeCloseTo(given.partial, 10);
    for (const end of ['low', 'high'] as const) {
      expect(found[end]).toBeGreaterThanOrEqual(given.interval[end][0] - 1e-12);
      expect(found[end]).toBeLessThanOrEqual(given.interval[end][1] + 1e-12);
    }
    // four standard errors of both shares together (of Fathom's alone where the other counts every order); a share of 0 is taken for one hit
    const share = Math.max(given.p, 1 / given.p_draws);
    const counts = 1 / 10_000 + (given.p_draws === ORDERS_OF_SEVEN ? 0 : 1 / given.p_draws);
    expect(Math.abs(found.p - given.p)).toBeLessThan(4 * Math.sqrt(share * (1 - share) * counts) + 1 / 10_001);
    expect(found.features).toBe(given.a.length);
  });

  const { a, b, covariates } = fixture.cases[0]!;
  const [left, right, given] = [column('k_std', a), column('importance', b), [column('variance', covariates[0]!)]];

  it('draws from streams of its own: the same whatever was computed before, another for another seed or pair', () => {
    const found = relation(left, right, given, FEW);
    relation(right, left, given, FEW);
    expect(relation(left, right, given, FEW)).toEqual(found);
    expect(relation(left, right, given, { ...FEW, seed: 2 }).low).not.toBe(found.low);
    expect(relation(left, column('other', b), given, FEW).low).not.toBe(found.low);
  });

  it('draws 1,000 bootstraps and 10,000 permutations by default', () => {
    expect(relation(left, right, given, { seed: 1 })).toEqual(
      relation(left, right, given, { seed: 1, bootstrapDraws: 1000, permutationDraws: 10_000 }),
    );
    expect(relation(column('a', a), column('b', a), [], { seed: 1 }).p).toBe(1 / 10_001);
  });

  it('leaves dead features out before it ranks, whatever their values', () => {
    const live = Uint8Array.from(a, (_, j) => (j % 4 ? 1 : 0));
    const kept = (values: number[]) => values.filter((_, j) => live[j]);
    const spoilt = a.map((value, j) => (live[j] ? value : NaN));
    const found = relation(column('k_std', spoilt), right, given, { ...FEW, live });
    expect(found).toEqual(relation(column('k_std', kept(a)), column('importance', kept(b)), [column('variance', kept(covariates[0]!))], FEW));
    expect(found).toMatchObject({ rho: spearman(kept(a), kept(b)), features: 30 });
  });

  it('has no partial correlation where one of the pair is a covariate', () => {
    expect(relation(left, right, [right], FEW).partial).toBeNull();
  });

  it('has ρ 0, no interval and p 1 where a column is constant or fewer than three features are live', () => {
    const none = { rho: 0, low: null, high: null, p: 1, partial: 0 };
    expect(
      relation(
        left,
        column(
          'flat',
          a.map(() => 2),
        ),
        given,
        FEW,
      ),
    ).toEqual({ ...none, features: a.length });
    expect(relation(column('a', [1, 2]), column('b', [3, 4]), [], FEW)).toEqual({ ...none, features: 2 });
    expect(relation(column('a', []), column('b', []), [], FEW)).toEqual({ ...none, features: 0 });
  });

  it('counts ties of ρ as hits, exactly', () => {
    // of the 3! orders of three features, ρ = ±1 in two; and |ρ| ≥ ½ in all
    const p = (b3: number[]) => relation(column('a', [0.1, 0.2, 0.3]), column('b', b3), [], { seed: 1 }).p;
    expect(Math.abs(p([1, 2, 3]) - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 10_000));
    expect(p([1, 3, 2])).toBe(1);
  });

  it('refuses columns of another length, NaN in a live feature, and no draws', () => {
    expect(() => relation(left, column('short', [1, 2]), [], { seed: 1 })).toThrow('short: wrong number of features (got 2); accepted: 40 values');
    expect(() => relation(left, right, [column('short', [1])], { seed: 1 })).toThrow('short: wrong number of features (got 1)');
    expect(() => relation(left, right, [], { seed: 1, live: [1] })).toThrow('live: wrong number of features (got 1); accepted: 40 values');
    expect(() =>
      relation(
        left,
        column(
          'broken',
          b.map((v, j) => (j === 6 ? NaN : v)),
        ),
        [],
        { seed: 1 },
      ),
    ).toThrow('broken, row 6, column 0: not a finite number');
    expect(() => relation(left, right, [], { seed: 1, bootstrapDraws: 0 })).toThrow('bootstrapDraws: no draws (got 0)');
    expect(() => relation(left, right, [], { seed: 1, permutationDraws: 1.5 })).toThrow('permutationDraws: no draws (got 1.5)');
    expect(() => relation(left, right, [], { seed: 0.5 })).toThrow('seed');
  });
});
