import { Prng } from '@fathom/exact';
import { requireCount } from './row-blocks.js';

/** The channels themselves as a dictionary: the d × d identity. The codes of non-negative rows are the rows, divided by 1 + 1e-6. */
export function neuronBasis(d: number): Float64Array {
  requireCount('d', d);
  const atoms = new Float64Array(d * d);
  for (let c = 0; c < d; c++) atoms[c * d + c] = 1;
  return atoms;
}

/**
 * k directions drawn evenly from the unit sphere (normalised Gaussians), k × d row-major. Their entries have either sign:
 * codes are kept non-negative by the encoder, which asks nothing of the signs of D.
 */
export function randomDirections(k: number, d: number, seed: number): Float64Array {
  requireCount('k', k);
  requireCount('d', d);
  const atoms = new Float64Array(k * d);
  new Prng(seed, 'random directions').fillGaussian(atoms);
  for (let start = 0; start < atoms.length; start += d) {
    let square = 0;
    for (let c = 0; c < d; c++) square += atoms[start + c]! * atoms[start + c]!;
    const length = Math.sqrt(square);
    for (let c = 0; c < d; c++) atoms[start + c] = atoms[start + c]! / length;
  }
  return atoms;
}
