import { InputError } from '@fathom/errors';
import { Prng } from '@fathom/exact';

import { requireFinite } from './row-blocks.js';

/** Orders in which features are removed, by name; where a name has several, their mean is the curve. */
export type AblationOrders = Readonly<Record<string, readonly Uint32Array[]>>;

/** How {@link ablationOrders} draws its random orders. */
export interface AblationOrderOptions {
  /** Seed of the random orders, an integer from 0 to 2^53 − 1. */
  readonly seed: number;
  /** Number of random orders, at least 1. @default 20 */
  readonly draws?: number;
}

/**
 * The four orders of docs/measures.md §6: `most_complex_first`, `simplest_first`, `most_important_first` and `random`.
 * Dead features are in none (§1b); ties go to the lower index.
 *
 * @param kStd complexity, k values. @param importance k values. @param live k values: 0 = dead.
 */
export function ablationOrders(
  kStd: ArrayLike<number>,
  importance: ArrayLike<number>,
  live: ArrayLike<number>,
  options: AblationOrderOptions,
): AblationOrders {
  const draws = options.draws ?? 20;
  if (!Number.isInteger(draws) || draws < 1)
    throw new InputError({ field: 'draws', problem: 'no random order', value: draws, accepted: 'a whole number of at least 1' });
  const columns: readonly (readonly [string, ArrayLike<number>])[] = [
    ['kStd', kStd],
    ['importance', importance],
  ];
  for (const [field, values] of columns) {
    if (values.length !== live.length)
      throw new InputError({ field, problem: 'wrong number of features', value: values.length, accepted: `${live.length}, as live has` });
    requireFinite(values, field);
  }
  const alive = Uint32Array.from(Array.from(live).flatMap((value, j) => (value ? [j] : [])));
  const descending = (values: ArrayLike<number>) => alive.slice().sort((i, j) => values[j]! - values[i]! || i - j);
  const ascending = (values: ArrayLike<number>) => alive.slice().sort((i, j) => values[i]! - values[j]! || i - j);
  return {
    most_complex_first: [descending(kStd)],
    simplest_first: [ascending(kStd)],
    most_important_first: [descending(importance)],
    random: Array.from({ length: draws }, (_, draw) =>
      new Prng(options.seed, `ablation/${draw}`).permutation(alive.length).map((position) => alive[position]!),
    ),
  };
}
