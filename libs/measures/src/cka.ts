import { addGram, addProduct, mirrorLower } from '@fathom/exact';

import type { CentredProducts } from './centred-products.js';

/**
 * CKA of X with each feature (docs/measures.md §5): ‖X̃ᵀz̃‖² / (‖X̃ᵀX̃‖_F · z̃ᵀz̃), in [0, 1]; 0 where the denominator is 0.
 *
 * @returns k values.
 */
export function cka({ gram, cross, energy, d, k }: CentredProducts): Float64Array {
  const top = new Float64Array(k);
  for (let c = 0; c < d; c++) for (let j = 0; j < k; j++) top[j]! += cross[c * k + j]! * cross[c * k + j]!;
  const norm = frobenius(gram);
  return top.map((value, j) => share(value, norm * energy[j]!));
}

/**
 * The paper's CKA on centred Gram matrices (docs/measures.md §5, `published`): ‖K_A K_z‖²_F / (‖K_A K_A‖_F ‖K_z K_z‖_F),
 * in [0, 1]; 0 where the denominator is 0. The n × n matrices are never made: with G = X̃ᵀX̃, c = X̃ᵀz̃ and e = z̃ᵀz̃ the
 * three norms are e·cᵀGc, ‖G²‖_F and e². About d³/2 + d²·k multiplications.
 *
 * @returns k values.
 */
export function ckaPublished({ gram, cross, energy, d, k }: CentredProducts): Float64Array {
  const square = new Float64Array(d * d);
  addGram(square, gram, d, d);
  mirrorLower(square, d);
  const image = new Float64Array(d * k);
  addProduct(image, gram, d, d, cross, k);
  const quadratic = new Float64Array(k);
  for (let c = 0; c < d; c++) for (let j = 0; j < k; j++) quadratic[j]! += cross[c * k + j]! * image[c * k + j]!;
  const norm = frobenius(square);
  return quadratic.map((value, j) => share(value, norm * energy[j]!));
}

/** √ of the sum of squares. */
function frobenius(matrix: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < matrix.length; i++) sum += matrix[i]! * matrix[i]!;
  return Math.sqrt(sum);
}

/** A ratio that Cauchy–Schwarz keeps in [0, 1], whatever the last bit says. */
function share(top: number, bottom: number): number {
  return bottom > 0 ? Math.min(1, Math.max(0, top / bottom)) : 0;
}
