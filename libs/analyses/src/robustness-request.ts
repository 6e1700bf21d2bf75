import type { robustness } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { wholeNumber } from './artifact-fields.js';

const SIGMAS = [0.01, 0.1, 0.5];
const SHARES = [0.1, 0.5, 0.9];

/** The noise of a request with its defaults filled in (docs/measures.md §7); `field` names it in errors. */
export function normaliseNoise(noise: robustness.GaussianNoise | undefined, field = 'noise'): robustness.GaussianNoise {
  const sigmas = noise?.sigmas ?? [];
  if (!sigmas.every((sigma) => sigma > 0 && Number.isFinite(sigma)))
    throw new InputError({ field: `${field}.sigmas`, problem: 'are out of range', value: sigmas, accepted: 'finite numbers above 0' });
  return {
    sigmas: sigmas.length > 0 ? sigmas : SIGMAS,
    draws: wholeNumber(`${field}.draws`, noise?.draws ?? 0, { least: 2, most: 10_000, zero: 100 }),
    seed: noise?.seed ?? 0,
  };
}

/** The masks of a request with their defaults filled in (docs/measures.md §5); `field` names them in errors. */
export function normaliseMasking(masking: robustness.Masking | undefined, field = 'masking'): robustness.Masking {
  const shares = masking?.shares ?? [];
  if (!shares.every((share) => share > 0 && share < 1))
    throw new InputError({ field: `${field}.shares`, problem: 'are out of range', value: shares, accepted: 'numbers above 0 and below 1' });
  return {
    shares: shares.length > 0 ? shares : SHARES,
    masksPerShare: wholeNumber(`${field}.masks_per_share`, masking?.masksPerShare ?? 0, { least: 1, most: 10_000, zero: 20 }),
    seed: masking?.seed ?? 0,
  };
}
