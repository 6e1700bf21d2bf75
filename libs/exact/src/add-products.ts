import { KernelLayout, kernels, layArray } from '@fathom/kernels';

import { addShifted, type IntegerSums } from './integer-sums.js';
import { forParts, lay, PART, placeFor, bringBack, type MatrixPart } from './matrix-part.js';

/** Part of a matrix of sums. */
interface SumsPlace {
  readonly rows: number;
  readonly columns: number;
  /** Where its first sum is. */
  readonly at: number;
  /** From one row to the next. */
  readonly stride: number;
  /** Whether nothing is known of what is there: it counts as 0. */
  readonly isFirst: boolean;
}

/**
 * Adds products of numbers of `digits` digits to a part of the sums.
 * @param products rows × columns: first digit by first digit, first by second, … last by last; of at most 2¹⁶ rows
 */
export function addProducts(into: IntegerSums, products: readonly Int32Array[], digits: number, place: SumsPlace): void {
  if (into.high === undefined && digits === 2) return addPairs(into.low, products, place);
  const { low, high } = into;
  const { rows, columns, at, stride, isFirst } = place;
  for (let row = 0; row < rows; row += 1) {
    const begin = at + row * stride;
    if (isFirst) {
      low.fill(0, begin, begin + columns);
      high?.fill(0, begin, begin + columns);
    }
    products.forEach((product, index) => {
      const shift = 8 * (2 * digits - 2 - Math.floor(index / digits) - (index % digits));
      for (let column = 0; column < columns; column += 1) addShifted(into, begin + column, product[row * columns + column]!, shift);
    });
  }
}

function addPairs(low: Float64Array, products: readonly Int32Array[], { rows, columns, at, stride, isFirst }: SumsPlace): void {
  const sums: MatrixPart = { matrix: low, offset: at, stride, rows, columns };
  forParts(sums, PART, (part, row, column) => {
    const layout = new KernelLayout();
    const from = row * columns + column;
    const [top, left, right, bottom] = products.map((product) => layArray(product.subarray(from, from + part.rows * part.columns), layout));
    const to = isFirst ? placeFor(part, layout) : lay(part, layout);
    kernels().joinProducts(top!, left!, right!, bottom!, part.rows, part.columns, isFirst ? 0 : 1, to.at, to.pitch);
    bringBack(part, to);
  });
}
