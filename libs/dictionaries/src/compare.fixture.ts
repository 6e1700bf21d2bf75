import { Prng } from '@fathom/exact';

/** Largest difference of two arrays of equal length, relative to the largest magnitude in the second. */
export function relativeDifference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Infinity;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < ours.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i]! - theirs[i]!));
    size = Math.max(size, Math.abs(theirs[i]!));
  }
  return size > 0 ? difference / size : difference;
}

/** Seeded numbers in [0, 1), a share of them zero. */
export function sparseMatrix(length: number, seed: number, zeros = 0.3): Float64Array {
  const random = new Prng(seed);
  return Float64Array.from({ length }, () => (random.uniform() < zeros ? 0 : random.uniform()));
}

/** Seeded standard normal numbers. */
export function gaussianMatrix(length: number, seed: number): Float64Array {
  const out = new Float64Array(length);
  new Prng(seed).fillGaussian(out);
  return out;
}

/** What an awaited call throws; undefined when it does not. */
export async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}
