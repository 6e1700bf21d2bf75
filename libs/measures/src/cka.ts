import { allEnded, digitProduct, leftDigits, rightDigits, sharedStorage, type Crew, type LeftDigits, type Task } from '@fathom/exact';

import type { CentredProducts } from './centred-products.js';
import { everyIndex } from './every-index.js';
import { tilesOf } from './held-out.js';

/** Digits of matrices that are multiplied for the published CKA: 40 bits. */
const DIGITS = 5;

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
 * three norms are e·cᵀGc, ‖G²‖_F and e². About d³ + d²·k multiplications of 40 bits.
 *
 * @returns k values.
 */
export async function ckaPublished({ gram, cross, energy, d, k }: CentredProducts, crew: Crew): Promise<Float64Array> {
  const left = leftDigits(gram, d, d, { digits: DIGITS, storage: sharedStorage });
  const images = async (matrix: Float64Array, width: number, form: keyof Forms): Promise<Float64Array> => {
    const tiles = tilesOf(everyIndex(width), crew.hands);
    const found = await allEnded(tiles.map((tile) => crew.run(imageForms, { left, matrix, width, from: tile[0]!, columns: tile.length })));
    return Float64Array.from(found.flatMap((forms) => [...forms[form]]));
  };
  const norm = Math.sqrt((await images(gram, d, 'squares')).reduce((sum, value) => sum + value, 0));
  const quadratic = await images(cross, k, 'products');
  return quadratic.map((value, j) => share(value, norm * energy[j]!));
}

interface FormsInput {
  /** G, d × d. */
  readonly left: LeftDigits;
  /** d × width, row-major; shared. */
  readonly matrix: Float64Array;
  readonly width: number;
  /** The first column, and how many. */
  readonly from: number;
  readonly columns: number;
}

/** For each column c of a matrix. */
interface Forms {
  /** cᵀGc */
  readonly products: Float64Array;
  /** ‖Gc‖² */
  readonly squares: Float64Array;
}

/** Multiplies G with some columns of a matrix. */
export const imageForms: Task<FormsInput, Forms> = {
  module: __filename,
  name: 'imageForms',
  run: async ({ left, matrix, width, from, columns }, engine) => {
    const d = left.rows;
    const image = new Float64Array(d * columns);
    await digitProduct(left, rightDigits(matrix, d, columns, { digits: left.digits, offset: from, stride: width }), engine, image);
    const [products, squares] = [new Float64Array(columns), new Float64Array(columns)];
    for (let row = 0, at = 0; row < d; row += 1) {
      for (let column = 0; column < columns; column += 1, at += 1) {
        const value = image[at]!;
        products[column] = products[column]! + matrix[row * width + from + column]! * value;
        squares[column] = squares[column]! + value * value;
      }
    }
    return { products, squares };
  },
};

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
