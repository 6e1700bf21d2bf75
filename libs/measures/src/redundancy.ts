import { InputError } from '@fathom/errors';

import type { CentredProducts } from './centred-products.js';
import { cka } from './cka.js';

/**
 * Redundancy of each feature (docs/measures.md §5): the mean over channel masks m of CKA(A⊙m, z), divided by CKA(A, z);
 * 0 where CKA(A, z) = 0. 1 = redundant (any channels tell the feature), low = localised. May exceed 1.
 * All features and masks share the same products: M·(d² + d·k) multiplications.
 *
 * @param products of the penultimate activations with the codes.
 * @param masks M × d, row-major: 1 = kept, 0 = removed; M ≥ 1.
 * @returns k values.
 */
export function redundancy(products: CentredProducts, masks: ArrayLike<number>): Float64Array {
  const { d, k, energy } = products;
  requireMasks(masks, d);
  const whole = cka(products);
  const gramSquares = products.gram.map((value) => value * value);
  const crossSquares = products.cross.map((value) => value * value);
  const sum = new Float64Array(k);
  const top = new Float64Array(k);
  const count = masks.length / d;
  for (let m = 0; m < count; m++) {
    const kept: number[] = [];
    for (let c = 0; c < d; c++) if (masks[m * d + c] === 1) kept.push(c);
    let squares = 0;
    top.fill(0);
    for (const c of kept) {
      for (const other of kept) squares += gramSquares[c * d + other]!;
      for (let j = 0; j < k; j++) top[j]! += crossSquares[c * k + j]!;
    }
    const norm = Math.sqrt(squares);
    for (let j = 0; j < k; j++) if (norm * energy[j]! > 0) sum[j]! += top[j]! / (norm * energy[j]!);
  }
  return sum.map((value, j) => (whole[j]! > 0 ? value / count / whole[j]! : 0));
}

function requireMasks(masks: ArrayLike<number>, d: number): void {
  if (masks.length === 0 || masks.length % d !== 0)
    throw new InputError({
      field: 'masks',
      problem: 'wrong width',
      value: `${masks.length} values`,
      accepted: `M × d values with M ≥ 1 and d = ${d} channels`,
    });
  for (let i = 0; i < masks.length; i++)
    if (masks[i] !== 0 && masks[i] !== 1)
      throw new InputError({
        field: `masks, row ${Math.floor(i / d)}, column ${i % d}`,
        problem: 'not a mask',
        value: masks[i],
        accepted: '0 (removed) or 1 (kept)',
      });
}
