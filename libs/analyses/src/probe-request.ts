import { type complexity } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import type { Bits } from '@fathom/exact';
import { DEFAULT_ALPHAS } from '@fathom/measures';
import { wholeNumber } from './artifact-fields.js';

/** The probe of a request with its defaults filled in (docs/measures.md §3.2); `field` names it in errors. */
export function normaliseProbe(probe: complexity.Probe | undefined, field = 'probe'): complexity.Probe {
  const alphas = probe?.alphas.length ? probe.alphas : [...DEFAULT_ALPHAS];
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
    bits: normaliseBits(probe?.bits ?? 0, `${field}.bits`),
  };
}

/** Bits of fixed point (docs/measures.md §10.2): 16 where the request says 0. @throws InputError naming the field */
export function normaliseBits(bits: number, field: string): Bits {
  if (bits === 0 || bits === 16) return 16;
  if (bits === 24) return 24;
  throw new InputError({ field, problem: 'no fixed point', value: bits, accepted: '16 or 24' });
}

/** Bits of a probe that is normalised. */
export function bitsOf(probe: complexity.Probe): Bits {
  return normaliseBits(probe.bits, 'probe.bits');
}

/** A probe that is normalised, as the measures take it. */
export function probeOptions(probe: complexity.Probe): { folds: number; alphas: number[]; nullSeed: number; bits: Bits } {
  const { folds, alphas, nullSeed } = probe;
  return { folds, alphas, nullSeed, bits: bitsOf(probe) };
}
