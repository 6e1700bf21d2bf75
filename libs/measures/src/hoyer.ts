import { InputError } from '@fathom/errors';

import { requireFinite } from './row-blocks.js';

/**
 * Hoyer's sparsity of each atom (docs/measures.md §7): (√d − ‖a‖₁/‖a‖₂)/(√d − 1), in [0, 1].
 * 1 = one channel alone, 0 = spread evenly over all channels; 0 for a zero atom. With d = 1 an atom is one channel: 1.
 *
 * @param D dictionary, k × d, row-major, finite.
 * @returns k values.
 */
export function hoyer(D: ArrayLike<number>, k: number, d: number): Float64Array {
  if (D.length !== k * d || d < 1)
    throw new InputError({ field: 'D', problem: 'wrong number of values', value: D.length, accepted: `k × d = ${k} × ${d} values, d ≥ 1` });
  requireFinite(D, 'D', d);
  const root = Math.sqrt(d);
  return Float64Array.from({ length: k }, (_, j) => {
    let sum = 0;
    let squares = 0;
    for (let c = 0; c < d; c++) {
      const value = D[j * d + c]!;
      sum += Math.abs(value);
      squares += value * value;
    }
    if (squares === 0) return 0;
    if (d === 1) return 1;
    return Math.min(1, Math.max(0, (root - sum / Math.sqrt(squares)) / (root - 1)));
  });
}
