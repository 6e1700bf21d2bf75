import { cholesky } from './cholesky.js';
import { digitProduct } from './digit-product.js';
import { requireDigits, threadStorage } from './digit-scale.js';
import type { IntegerEngine } from './integer-engine.js';
import { leftDigits } from './left-digits.js';
import { requireLength } from './require-length.js';
import { rightDigits } from './right-digits.js';
import { threadArray } from './thread-array.js';
import { copyBlock, putLower, requireLower, solveRows } from './triangular-leaf.js';

/** How exactly large products of a factorisation are made. */
export interface FactorOptions {
  /** Digits of 8 bits, 1 to 7: 7 are as exact as float64. @default 7 */
  readonly digits?: number;
}

/** Up to here plain arithmetic is faster than cutting into digits. */
export const LEAF = 128;

/** Where operands are kept: a thread factorises one matrix at a time. */
export const [LEFT, RIGHT] = [threadStorage('factor left'), threadStorage('factor right')] as const;

/** Columns that are updated at a time. */
const TILE = 256;

/**
 * Replaces a symmetric positive definite matrix A by its lower Cholesky factor L, A = LLᵀ, and what is above the diagonal by 0; only
 * the lower triangle is read. In halves: L₁₁ from A₁₁, L₂₁ from L₂₁L₁₁ᵀ = A₂₁, then L₂₂ from A₂₂ − L₂₁L₂₁ᵀ. Large products are products
 * by digits, small ones float64 in a fixed order: the same bits for every engine (docs/measures.md §10.2, §10.3).
 *
 * @param matrix size × size, row-major, |x| < 2^900
 * @throws InputError naming the row with a value that is none, or where the matrix is found not to be positive definite; the matrix then
 * holds nothing of use
 */
export async function blockedCholesky(matrix: Float64Array, size: number, engine: IntegerEngine, options: FactorOptions = {}): Promise<void> {
  const { digits = 7 } = options;
  requireLength('matrix', matrix, size * size);
  requireDigits(digits);
  requireLower('matrix', matrix, size);
  await new Factorisation(matrix, size, engine, digits).factor(0, size);
  for (let row = 0; row < size; row += 1) matrix.fill(0, row * size + row + 1, (row + 1) * size);
}

class Factorisation {
  private readonly leaf = new Float64Array(LEAF * LEAF);

  constructor(
    private readonly matrix: Float64Array,
    private readonly size: number,
    private readonly engine: IntegerEngine,
    private readonly digits: number,
  ) {}

  /** Factors the diagonal block of rows first..end−1, from which all columns before it were eliminated. */
  async factor(first: number, end: number): Promise<void> {
    const { matrix, size } = this;
    if (end - first <= LEAF) {
      const leaf = this.leafAt(first, end);
      cholesky(leaf, end - first, first);
      putLower(leaf, end - first, matrix, first * size + first, size);
      return;
    }
    const middle = middleOf(first, end);
    await this.factor(first, middle);
    await this.solve(middle, end, first, middle);
    await this.subtract(middle, end, middle, end, first, middle);
    await this.factor(middle, end);
  }

  /** Solves XLᵀ = A for the rows fromRow..toRow−1 and the columns first..end−1, L being the factor of these columns. */
  private async solve(fromRow: number, toRow: number, first: number, end: number): Promise<void> {
    const { matrix, size } = this;
    if (end - first <= LEAF) {
      const columns = end - first;
      solveRows(this.leafAt(first, end), columns, { matrix, offset: fromRow * size + first, stride: size, rows: toRow - fromRow, columns });
      return;
    }
    const middle = middleOf(first, end);
    await this.solve(fromRow, toRow, first, middle);
    await this.subtract(fromRow, toRow, middle, end, first, middle);
    await this.solve(fromRow, toRow, middle, end);
  }

  /**
   * A[r, c] −= Σ_k A[r, k]·A[c, k] for rows fromRow..toRow−1, columns fromColumn..toColumn−1 and k in fromStep..toStep−1; above the diagonal
   * of the whole matrix in part.
   */
  private async subtract(fromRow: number, toRow: number, fromColumn: number, toColumn: number, fromStep: number, toStep: number): Promise<void> {
    const { matrix, size, digits, engine } = this;
    const steps = toStep - fromStep;
    const left = leftDigits(matrix, toRow - fromRow, steps, { digits, offset: fromRow * size + fromStep, stride: size, storage: LEFT });
    for (let column = fromColumn; column < toColumn; column += TILE) {
      const columns = Math.min(TILE, toColumn - column);
      const transposed = threadArray('factor', Float64Array, steps * columns);
      transposeInto(transposed, matrix, columns, steps, column * size + fromStep, size);
      const right = rightDigits(transposed, steps, columns, { digits, storage: RIGHT });
      const row = Math.max(fromRow, column);
      await digitProduct(left, right, engine, matrix, { fromRow: row - fromRow, offset: row * size + column, stride: size, subtract: true });
    }
  }

  private leafAt(first: number, end: number): Float64Array {
    const leaf = this.leaf.subarray(0, (end - first) * (end - first));
    copyBlock(leaf, end - first, this.matrix, first * this.size + first, this.size);
    return leaf;
  }
}

/** Where a range is halved: a whole number of leaves from its beginning. */
export function middleOf(first: number, end: number): number {
  return first + Math.ceil((end - first) / (2 * LEAF)) * LEAF;
}

/** Writes the transpose of rows × columns values of a row-major matrix: columns × rows. */
function transposeInto(out: Float64Array, matrix: Float64Array, rows: number, columns: number, offset: number, stride: number): void {
  const EDGE = 8; // as many float64 as a cache line holds
  for (let row = 0; row < rows; row += EDGE) {
    const lastRow = Math.min(row + EDGE, rows);
    for (let column = 0; column < columns; column += 1) {
      for (let r = row; r < lastRow; r += 1) out[column * rows + r] = matrix[offset + r * stride + column]!;
    }
  }
}
