import { InputError } from '@fathom/errors';
import { Prng } from '@fathom/exact';

/** Which channel masks {@link seededMasks} draws. */
export interface MaskOptions {
  /** Shares of the d channels to remove, each in [0, 1]. @default [0.1, 0.5, 0.9] */
  readonly shares?: readonly number[];
  /** Masks per share, at least 1. @default 20 */
  readonly perShare?: number;
}

/** Channel masks, M × d, row-major: 1 = kept, 0 = removed. */
export interface Masks {
  readonly masks: Uint8Array;
  /** M, the number of masks. */
  readonly count: number;
}

/**
 * Seeded channel masks (docs/measures.md §5): of each share p, `perShare` masks that remove round(p·d) channels (halves
 * go up), drawn without replacement; at least one channel stays. A mask depends on the seed, d, its share and its number
 * alone. Order: by share as given, then by number.
 */
export function seededMasks(d: number, seed: number, options: MaskOptions = {}): Masks {
  const shares = options.shares ?? [0.1, 0.5, 0.9];
  const perShare = options.perShare ?? 20;
  if (!Number.isInteger(d) || d < 1) throw new InputError({ field: 'd', problem: 'no channels', value: d, accepted: 'a whole number of at least 1' });
  for (const share of shares)
    if (!(share >= 0 && share <= 1)) throw new InputError({ field: 'shares', problem: 'not a share', value: share, accepted: 'numbers from 0 to 1' });
  if (!Number.isInteger(perShare) || perShare < 1)
    throw new InputError({ field: 'perShare', problem: 'no masks', value: perShare, accepted: 'a whole number of at least 1' });

  const count = shares.length * perShare;
  const masks = new Uint8Array(count * d).fill(1);
  shares.forEach((share, s) => {
    const removed = Math.min(d - 1, Math.floor(share * d + 0.5));
    for (let draw = 0; draw < perShare; draw++) {
      const order = new Prng(seed, `masks/${d}/${share}/${draw}`).permutation(d);
      for (const channel of order.subarray(0, removed)) masks[(s * perShare + draw) * d + channel] = 0;
    }
  });
  return { masks, count };
}
