import { InputError } from '@fathom/errors';
import { Prng } from '@fathom/exact';

import { bootstrapInterval } from './bootstrap-interval.js';
import { everyIndex } from './every-index.js';
import { partialRank } from './partial-rank.js';
import { permutationP } from './permutation-p.js';
import { ranksOfGroups, rankGroups } from './ranks.js';
import { requireFinite } from './row-blocks.js';
import { correlation } from './spearman.js';

/** One number a feature, with a name for errors and for the random streams of a relation. */
export interface Column {
  readonly name: string;
  /** k values, finite where the feature is live. */
  readonly values: ArrayLike<number>;
}

/** How {@link relation} draws, and which features it sees. */
export interface RelationOptions {
  /** Seed of bootstrap and permutations, an integer from 0 to 2^53 − 1. */
  readonly seed: number;
  /** Bootstrap draws, at least 1. @default 1000 */
  readonly bootstrapDraws?: number;
  /** Permutations, at least 1. @default 10000 */
  readonly permutationDraws?: number;
  /** k values, 0 = dead: left out before anything is ranked (§1b). @default all live */
  readonly live?: ArrayLike<number>;
}

/** A rank correlation with its uncertainty. Where fewer than 3 features are live: rho 0, no interval, p 1, partial 0. */
export interface Relation {
  /** Spearman's ρ, in [−1, 1]; 0 where either column is constant. */
  readonly rho: number;
  /** 2.5th percentile of ρ over the bootstrap draws; null where either column is constant. */
  readonly low: number | null;
  /** 97.5th percentile. */
  readonly high: number | null;
  /** Two-sided permutation p, (1 + hits)/(1 + draws), in (0, 1]; 1 where either column is constant. */
  readonly p: number;
  /** Partial rank correlation given the covariates, in [−1, 1]; null where a or b is itself one of them (by name). */
  readonly partial: number | null;
  /** Number of live features that it rests on. */
  readonly features: number;
}

/**
 * The relation of two scores over the live features (docs/measures.md §8). Its random streams are named after the pair, so
 * it does not depend on which relations are computed before it.
 * @throws InputError naming the column that has another length, or a value that is not finite, and its feature.
 */
export function relation(a: Column, b: Column, covariates: readonly Column[], options: RelationOptions): Relation {
  const { seed, bootstrapDraws, permutationDraws } = checkedOptions(options);
  const alive = liveFeatures(a.values.length, options.live);
  const of = (column: Column) => liveValues(column, a.values.length, alive);
  const [left, right, given] = [of(a), of(b), covariates.map(of)];
  if (alive.length < 3) return { rho: 0, low: null, high: null, p: 1, partial: 0, features: alive.length };

  const [groupsOfA, groupsOfB] = [rankGroups(left), rankGroups(right)];
  const [ranksOfA, ranksOfB] = [ranksOfGroups(groupsOfA), ranksOfGroups(groupsOfB)];
  const pair = `${a.name}~${b.name}`;
  const constant = groupsOfA.groups === 1 || groupsOfB.groups === 1;
  const interval = constant ? undefined : bootstrapInterval(groupsOfA, groupsOfB, bootstrapDraws, new Prng(seed, `bootstrap/${pair}`));
  return {
    rho: correlation(ranksOfA, ranksOfB),
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    p: constant ? 1 : permutationP(ranksOfA, ranksOfB, permutationDraws, new Prng(seed, `permutation/${pair}`)),
    partial: covariates.some(({ name }) => name === a.name || name === b.name) ? null : partialRank(left, right, given),
    features: alive.length,
  };
}

function liveFeatures(count: number, live: ArrayLike<number> | undefined): readonly number[] {
  if (live !== undefined && live.length !== count)
    throw new InputError({ field: 'live', problem: 'wrong number of features', value: live.length, accepted: `${count} values` });
  return Array.from(everyIndex(count)).filter((j) => live === undefined || live[j]);
}

function liveValues({ name, values }: Column, count: number, alive: readonly number[]): Float64Array {
  if (values.length !== count)
    throw new InputError({ field: name, problem: 'wrong number of features', value: values.length, accepted: `${count} values` });
  for (const j of alive) requireFinite([values[j]!], name, 1, j);
  return Float64Array.from(alive, (j) => values[j]!);
}

function checkedOptions({ seed, bootstrapDraws = 1000, permutationDraws = 10_000 }: RelationOptions) {
  for (const [field, value] of Object.entries({ bootstrapDraws, permutationDraws }))
    if (!Number.isInteger(value) || value < 1) throw new InputError({ field, problem: 'no draws', value, accepted: 'a whole number of at least 1' });
  return { seed, bootstrapDraws, permutationDraws };
}
