import { InputError } from '@fathom/errors';

import { type FactorOptions, LEAF, LEFT, middleOf, RIGHT } from './blocked-cholesky.js';
import { digitProduct } from './digit-product.js';
import { requireDigits } from './digit-scale.js';
import type { IntegerEngine } from './integer-engine.js';
import { leftDigits } from './left-digits.js';
import { requireLength } from './require-length.js';
import { rightDigits } from './right-digits.js';
import { threadArray } from './thread-array.js';
import { copyBlock, invertLower, putLower, requireLower } from './triangular-leaf.js';

/** Wide enough for an engine to run at its full speed. */
const TILE = 256;

/** How an inverse is made, and of what. */
export interface InverseOptions extends FactorOptions {
  /** Where L has more rows than this, of its halves' halves… on the diagonal that have not, each by itself: what is below them stays. @default all of L */
  readonly block?: number;
}

/**
 * Replaces a lower triangular matrix L by its inverse P. In halves: P₁₁ and P₂₂ are those of L₁₁ and L₂₂, and P₂₁ = −P₂₂(L₂₁P₁₁). Large
 * products are products by digits, small ones float64 in a fixed order: the same bits for every engine (docs/measures.md §10.2, §10.3).
 *
 * @param lower size × size, row-major, |x| < 2^900, 0 above the diagonal, no 0 on it
 * @throws InputError naming the row where a value of L is none or a diagonal value is 0, or where the inverse has values beyond 2^900
 */
export async function triangularInverse(lower: Float64Array, size: number, engine: IntegerEngine, options: InverseOptions = {}): Promise<void> {
  const { digits = 7, block = size } = options;
  requireLength('lower', lower, size * size);
  requireDigits(digits);
  requireLower('lower', lower, size);
  for (let row = 0; row < size; row += 1) {
    if (lower[row * size + row] === 0)
      throw new InputError({ field: 'lower', problem: `singular: 0 on the diagonal at row ${row}`, value: 0, accepted: 'a matrix with an inverse' });
  }
  await new Inversion(lower, size, engine, digits, block).invert(0, size);
}

class Inversion {
  private readonly leaf = new Float64Array(LEAF * LEAF);

  constructor(
    private readonly matrix: Float64Array,
    private readonly size: number,
    private readonly engine: IntegerEngine,
    private readonly digits: number,
    private readonly block: number,
  ) {}

  /** Inverts the diagonal block of rows first..end−1. */
  async invert(first: number, end: number): Promise<void> {
    const { matrix, size } = this;
    if (end - first <= LEAF) {
      const leaf = this.leaf.subarray(0, (end - first) * (end - first));
      copyBlock(leaf, end - first, matrix, first * size + first, size);
      invertLower(leaf, end - first);
      putLower(leaf, end - first, matrix, first * size + first, size);
      return;
    }
    const middle = middleOf(first, end);
    await this.invert(first, middle);
    await this.invert(middle, end);
    if (end - first <= this.block) await this.join(first, middle, end);
  }

  /** P₂₁, from L₂₁ in its place and P₁₁ and P₂₂ in theirs. */
  private async join(first: number, middle: number, end: number): Promise<void> {
    const { matrix, size, digits, engine } = this;
    const [rows, columns] = [end - middle, middle - first];
    const product = threadArray('factor', Float64Array, rows * columns);
    const tile = Math.max(TILE, Math.ceil(columns / 2));
    for (let column = 0; column < columns; column += tile) {
      // Column c of P₁₁ is 0 above row c.
      const [width, steps, from] = [Math.min(tile, columns - column), columns - column, first + column];
      const left = leftDigits(matrix, rows, steps, { digits, offset: middle * size + from, stride: size, storage: LEFT });
      const right = rightDigits(matrix, steps, width, { digits, offset: from * size + from, stride: size, storage: RIGHT });
      await digitProduct(left, right, engine, product, { offset: column, stride: columns });
    }
    const left = leftDigits(matrix, rows, rows, { digits, shape: 'lower', offset: middle * size + middle, stride: size, storage: LEFT });
    for (let row = middle; row < end; row += 1) matrix.fill(0, row * size + first, row * size + middle);
    for (let column = 0; column < columns; column += tile) {
      const width = Math.min(tile, columns - column);
      const right = rightDigits(product, rows, width, { digits, offset: column, stride: columns, storage: RIGHT });
      await digitProduct(left, right, engine, matrix, { offset: middle * size + first + column, stride: size, subtract: true });
    }
  }
}
