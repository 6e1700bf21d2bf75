import { InputError } from '@fathom/errors';
import { allEnded, type Crew, type Task } from '@fathom/exact';

import type { CentredProducts } from './centred-products.js';
import { cka } from './cka.js';
import { everyIndex } from './every-index.js';
import { tilesOf } from './held-out.js';

/**
 * Redundancy of each feature (docs/measures.md §5): the mean over channel masks m of CKA(A⊙m, z), divided by CKA(A, z);
 * 0 where CKA(A, z) = 0. 1 = redundant (any channels tell the feature), low = localised. May exceed 1.
 * All features and masks share the same products: M·(d² + d·k) multiplications.
 *
 * @param products of the penultimate activations with the codes.
 * @param masks M × d, row-major: 1 = kept, 0 = removed; M ≥ 1.
 * @returns k values.
 */
export async function redundancy(products: CentredProducts, masks: ArrayLike<number>, crew: Crew): Promise<Float64Array> {
  const { gram, cross, d, k, energy } = products;
  requireMasks(masks, d);
  const whole = cka(products);
  const kept = Uint8Array.from(masks);
  const count = kept.length / d;
  const norms = maskedNorms(gram, kept, d);
  const tiles = tilesOf(everyIndex(k), crew.hands);
  const tops = await allEnded(tiles.map((tile) => crew.run(maskedSquares, { cross, masks: kept, d, k, from: tile[0]!, columns: tile.length })));
  return whole.map((own, j) => {
    const width = tiles[0]!.length;
    const top = tops[Math.floor(j / width)]!;
    const columns = top.length / count;
    let sum = 0;
    for (let m = 0; m < count; m++) if (norms[m]! * energy[j]! > 0) sum += top[m * columns + (j % width)]! / (norms[m]! * energy[j]!);
    return own > 0 ? sum / count / own : 0;
  });
}

/** ‖G∘mmᵀ‖_F for each mask m. */
function maskedNorms(gram: Float64Array, masks: Uint8Array, d: number): Float64Array {
  return Float64Array.from({ length: masks.length / d }, (_, m) => {
    const kept = everyIndex(d).filter((c) => masks[m * d + c] === 1);
    let squares = 0;
    for (const c of kept) for (const other of kept) squares += gram[c * d + other]! * gram[c * d + other]!;
    return Math.sqrt(squares);
  });
}

interface SquaresInput {
  /** X̃ᵀZ̃, d × k; shared. */
  readonly cross: Float64Array;
  /** M × d */
  readonly masks: Uint8Array;
  readonly d: number;
  readonly k: number;
  /** The first feature, and how many. */
  readonly from: number;
  readonly columns: number;
}

/** Σ_c m_c·C_cj² for each mask m and some features j: M × columns. */
export const maskedSquares: Task<SquaresInput, Float64Array> = {
  module: __filename,
  name: 'maskedSquares',
  run: ({ cross, masks, d, k, from, columns }) => {
    const count = masks.length / d;
    const sums = new Float64Array(count * columns);
    const squares = new Float64Array(columns);
    for (let c = 0; c < d; c++) {
      for (let j = 0; j < columns; j++) squares[j] = cross[c * k + from + j]! * cross[c * k + from + j]!;
      for (let m = 0; m < count; m++) {
        if (masks[m * d + c] !== 1) continue;
        for (let j = 0, at = m * columns; j < columns; j++, at++) sums[at] = sums[at]! + squares[j]!;
      }
    }
    return Promise.resolve(sums);
  },
};

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
