import { InputError } from '@fathom/errors';
import { type Bits } from '@fathom/exact';

/** How a layer is probed (docs/measures.md §3). */
export interface ProbeOptions {
  /** Number of folds, at least 3. @default 5 */
  readonly folds?: number;
  /** Ridge strengths to choose from, above 0, ascending. @default [1e-5, 1e-4, 1e-3, 1e-2, 1e-1] */
  readonly alphas?: readonly number[];
  /** Whether the null is computed. @default true */
  readonly null?: boolean;
  /** Seed of the null's permutation. @default 0 */
  readonly nullSeed?: number;
  /** The null's permutation of the rows, in place of a seeded one: row i of the null is row permutation[i] of the codes. @default undefined */
  readonly permutation?: ArrayLike<number>;
  /** Whether the in-sample R² is computed; it needs more than d + 1 rows. @default true */
  readonly inSample?: boolean;
  /** Bits of the fixed point that activations and codes are read in, 16 or 24 (docs/measures.md §10.2). @default 16 */
  readonly bits?: Bits;
}

/** {@link ProbeOptions}, filled in. */
export type ProbeSettings = Required<Omit<ProbeOptions, 'permutation'>> & { readonly permutation: ProbeOptions['permutation'] };

export const DEFAULT_ALPHAS: readonly number[] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1];

/**
 * Checks the options and fills them in.
 * @throws InputError naming the option
 */
export function probeSettings(options: ProbeOptions = {}): ProbeSettings {
  const { folds = 5, alphas = DEFAULT_ALPHAS, nullSeed = 0, permutation, inSample = true, bits = 16 } = options;
  if (!Number.isInteger(folds) || folds < 3) {
    throw new InputError({ field: 'folds', problem: 'not a number of folds', value: folds, accepted: 'an integer of at least 3' });
  }
  if (bits !== 16 && bits !== 24) throw new InputError({ field: 'bits', problem: 'no fixed point', value: bits, accepted: '16 or 24' });
  if (alphas.length === 0 || alphas.some((alpha, at) => !(alpha > 0 && alpha < Infinity) || (at > 0 && alpha <= alphas[at - 1]!))) {
    throw new InputError({
      field: 'alphas',
      problem: 'not a grid of ridge strengths',
      value: alphas,
      accepted: 'at least one finite number above 0, in ascending order',
    });
  }
  return { folds, alphas, null: options.null ?? true, nullSeed, permutation, inSample, bits };
}
