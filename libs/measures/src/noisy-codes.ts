import { InputError } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';

/** Codes of perturbed images, [strengths, draws, images, features], which may be larger than memory. */
export interface NoisyCodes {
  /** What to call them in errors. */
  readonly name: string;
  /** Number of strengths of the perturbation (of σ, for noise), ≥ 1. */
  readonly strengths: number;
  /** Draws per image and strength, ≥ 1. */
  readonly draws: number;
  /** Number of images, ≥ 1. */
  readonly images: number;
  /** Number of features k, ≥ 1. */
  readonly features: number;
  /** Codes of images start..end−1 in one draw, row-major, (end − start) × k. The caller owns the array. */
  read(strength: number, draw: number, start: number, end: number): Promise<Float64Array>;
}

/** How the rows of {@link noisyRows} are counted; images turn fastest, strengths slowest. */
export interface NoisyShape {
  readonly strengths: number;
  readonly draws: number;
  readonly images: number;
}

/** Noisy codes kept as a matrix of strengths·draws·images rows × k columns: a tensor [σ, draws, images, k] whose first three dimensions are its rows. */
export function noisyRows(source: RowSource, { strengths, draws, images }: NoisyShape): NoisyCodes {
  const sizes = { strengths, draws, images };
  for (const [field, value] of Object.entries(sizes))
    if (!Number.isInteger(value) || value < 1)
      throw new InputError({ field, problem: 'nothing there', value, accepted: 'a whole number of at least 1' });
  if (source.rows !== strengths * draws * images)
    throw new InputError({
      field: source.name,
      problem: 'wrong number of rows',
      value: source.rows,
      accepted: `strengths × draws × images = ${strengths} × ${draws} × ${images} rows`,
    });
  const read = (strength: number, draw: number, start: number, end: number) => {
    const first = (strength * draws + draw) * images;
    return source.read(first + start, first + end);
  };
  return { name: source.name, ...sizes, features: source.columns, read };
}
