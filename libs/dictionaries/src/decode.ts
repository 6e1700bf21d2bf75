import { requireCount, requireMatrix } from './row-blocks.js';

/**
 * Reconstructions Z·D, n × d row-major, from codes (n × k) and atoms (k × d). Each row is summed in the order of the atoms.
 * @throws InputError when an array does not have its size
 */
export function decode(codes: Float64Array, n: number, atoms: Float64Array, k: number, d: number): Float64Array {
  requireCount('k', k);
  requireMatrix('codes', codes, n, k);
  requireMatrix('atoms', atoms, k, d);
  const out = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < k; j++) {
      const weight = codes[i * k + j]!;
      if (weight === 0) continue;
      for (let c = 0; c < d; c++) out[i * d + c] = out[i * d + c]! + weight * atoms[j * d + c]!;
    }
  }
  return out;
}
