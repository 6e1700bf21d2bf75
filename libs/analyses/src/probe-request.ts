import { type complexity } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { wholeNumber } from './artifact-fields.js';

const ALPHAS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1];

/** The probe of a request with its defaults filled in (docs/measures.md §3.2); `field` names it in errors. */
export function normaliseProbe(probe: complexity.Probe | undefined, field = 'probe'): complexity.Probe {
  const alphas = probe?.alphas.length ? probe.alphas : ALPHAS;
  const rising = alphas.every((alpha, i) => alpha > 0 && Number.isFinite(alpha) && (i === 0 || alpha > alphas[i - 1]!));
  if (!rising)
    throw new InputError({
      field: `${field}.alphas`,
      problem: 'are out of range or order',
      value: alphas,
      accepted: 'finite numbers above 0, ascending',
    });
  return {
    folds: wholeNumber(`${field}.folds`, probe?.folds ?? 0, { least: 3, most: 100, zero: 5 }),
    alphas,
    nullSeed: probe?.nullSeed ?? 0,
    withoutPublished: probe?.withoutPublished ?? false,
  };
}
