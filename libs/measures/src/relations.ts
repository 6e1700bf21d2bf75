import { unwatched, type Control } from '@fathom/errors';

import { relation, type Column, type Relation, type RelationOptions } from './relation.js';

/** The scores that relations are between, one number a feature, k in all; what is absent is related to nothing. */
export interface RelatedScores {
  readonly k_std: ArrayLike<number>;
  readonly k_raw: ArrayLike<number>;
  readonly importance?: ArrayLike<number>;
  /** Related as its absolute value, under the name `abs_importance_signed`. */
  readonly importance_signed?: ArrayLike<number>;
  readonly redundancy?: ArrayLike<number>;
  readonly sensitivity?: ArrayLike<number>;
  readonly hoyer?: ArrayLike<number>;
  readonly lambda?: ArrayLike<number>;
  /** Covariates beside Hoyer. */
  readonly prevalence: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/**
 * All relations of docs/measures.md §8: of K_std and of K_raw with importance, |signed|, redundancy, sensitivity, Hoyer and
 * Λ, given prevalence, Var(z) and Hoyer; those that are there. Keys are `k_std~importance` and so on; dead features, marked
 * 0 in `live`, are left out.
 */
export function relations(
  scores: RelatedScores,
  options: RelationOptions & { readonly live: ArrayLike<number> },
  control: Control = unwatched,
): Record<string, Relation> {
  const { importance, importance_signed: signed, redundancy, sensitivity, hoyer, lambda } = scores;
  const others = present({ importance, abs_importance_signed: signed && Array.from(signed, Math.abs), redundancy, sensitivity, hoyer, lambda });
  const covariates = present({ prevalence: scores.prevalence, variance: scores.variance, hoyer });
  const pairs = present({ k_std: scores.k_std, k_raw: scores.k_raw }).flatMap((k) => others.map((other) => [k, other] as const));
  const found: Record<string, Relation> = {};
  pairs.forEach(([k, other], i) => {
    control.throwIfCancelled();
    found[`${k.name}~${other.name}`] = relation(k, other, covariates, options);
    control.progress(i + 1, pairs.length);
  });
  return found;
}

function present(columns: Record<string, ArrayLike<number> | undefined>): Column[] {
  return Object.entries(columns).flatMap(([name, values]) => (values === undefined ? [] : [{ name, values }]));
}
