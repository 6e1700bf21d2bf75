import { requireMatrix } from './row-blocks.js';

/** Mean share of non-zero codes in a row of Z (n × k row-major), 0..1: small is sparse. */
export function sparsity(codes: Float64Array, n: number, k: number): number {
  requireMatrix('codes', codes, n, k);
  let used = 0;
  for (const code of codes) if (code !== 0) used++;
  return used / codes.length;
}

/** Number of zero rows of D (k × d row-major). */
export function deadAtoms(atoms: Float64Array, k: number, d: number): number {
  requireMatrix('atoms', atoms, k, d);
  let dead = 0;
  for (let start = 0; start < atoms.length; start += d) {
    let zero = true;
    for (let c = 0; zero && c < d; c++) zero = atoms[start + c] === 0;
    if (zero) dead++;
  }
  return dead;
}
