import { unwatched, type Control } from '@fathom/errors';
import { addGram, addTransposedProduct, mirrorLower, type RowStatistic } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { columnRanges, middles, requireRanges } from './column-ranges.js';
import type { PairedRanges } from './layer-statistics.js';
import { BLOCK_ROWS, commonRows, rowBlocks } from './row-blocks.js';

/** All that CKA and redundancy need of X, n × d, and Z, n × k (docs/measures.md §5). Columns are centred. */
export interface CentredProducts {
  /** X̃ᵀX̃, d × d, symmetric, row-major. */
  readonly gram: Float64Array;
  /** X̃ᵀZ̃, d × k, row-major. */
  readonly cross: Float64Array;
  /** z̃ᵀz̃ of each feature, k values ≥ 0; exactly 0 for a constant one. */
  readonly energy: Float64Array;
  readonly n: number;
  readonly d: number;
  readonly k: number;
}

/** Rows of X and Z, which the statistic may overwrite. */
export interface ProductsBlock {
  readonly rows: number;
  /** rows × d. */
  readonly x: Float64Array;
  /** rows × k. */
  readonly z: Float64Array;
}

/**
 * The sums over rows behind {@link centredProducts}: d² + d·k + 2(d + k) numbers. Values are taken from a shift near their
 * column's middle, so that a mean far from 0 costs no digits. Statistics to be merged must have the same shifts.
 */
export class ProductsStatistic implements RowStatistic<ProductsBlock> {
  private n = 0;
  private readonly gram: Float64Array;
  private readonly cross: Float64Array;
  private readonly energy: Float64Array;
  private readonly sumX: Float64Array;
  private readonly sumZ: Float64Array;

  constructor(
    private readonly shiftX: Float64Array,
    private readonly shiftZ: Float64Array,
  ) {
    const [d, k] = [shiftX.length, shiftZ.length];
    this.gram = new Float64Array(d * d);
    this.cross = new Float64Array(d * k);
    this.energy = new Float64Array(k);
    this.sumX = new Float64Array(d);
    this.sumZ = new Float64Array(k);
  }

  update({ rows, x, z }: ProductsBlock): void {
    const [d, k] = [this.sumX.length, this.sumZ.length];
    shiftAndSum(x, rows, this.shiftX, this.sumX);
    shiftAndSum(z, rows, this.shiftZ, this.sumZ);
    addGram(this.gram, x, d, rows);
    addTransposedProduct(this.cross, x, d, z, k, rows);
    for (let i = 0; i < rows; i++) for (let j = 0; j < k; j++) this.energy[j]! += z[i * k + j]! * z[i * k + j]!;
    this.n += rows;
  }

  merge(other: this): void {
    for (const sum of ['gram', 'cross', 'energy', 'sumX', 'sumZ'] as const) other[sum].forEach((value, i) => (this[sum][i]! += value));
    this.n += other.n;
  }

  /** The products over the rows so far, of which there is at least one. */
  result(): CentredProducts {
    const { n, sumX, sumZ } = this;
    const [d, k] = [sumX.length, sumZ.length];
    const gram = this.gram.slice();
    mirrorLower(gram, d);
    return {
      gram: gram.map((value, i) => value - (sumX[Math.floor(i / d)]! * sumX[i % d]!) / n),
      cross: this.cross.map((value, i) => value - (sumX[Math.floor(i / k)]! * sumZ[i % k]!) / n),
      energy: this.energy.map((value, j) => Math.max(0, value - (sumZ[j]! * sumZ[j]!) / n)),
      n,
      d,
      k,
    };
  }
}

/**
 * Products of activations and codes for {@link cka}, {@link ckaPublished} and {@link redundancy} (docs/measures.md §5):
 * one pass over blocks of rows, and one more where the ranges are not given. Progress in rows of the last pass.
 * @param ranges minima and maxima of the columns of both, where they are known
 * @throws InputError where the row counts differ, or naming row and column of a NaN or infinity
 */
export async function centredProducts(x: RowSource, z: RowSource, ranges?: PairedRanges, control: Control = unwatched): Promise<CentredProducts> {
  const total = commonRows([x, z]);
  const { x: rangesX, z: rangesZ } = ranges ?? (await scannedRanges(x, z, control));
  requireRanges(x, rangesX);
  requireRanges(z, rangesZ);
  const statistic = new ProductsStatistic(middles(rangesX), middles(rangesZ));
  for await (const { start, rows, values } of rowBlocks([x, z], BLOCK_ROWS, control)) {
    statistic.update({ rows, x: values[0], z: values[1] });
    control.progress(start + rows, total);
  }
  return statistic.result();
}

async function scannedRanges(x: RowSource, z: RowSource, control: Control): Promise<PairedRanges> {
  const scan: Control = { throwIfCancelled: () => control.throwIfCancelled(), progress: () => undefined };
  return { x: await columnRanges(x, scan), z: await columnRanges(z, scan) };
}

function shiftAndSum(block: Float64Array, rows: number, shift: Float64Array, sum: Float64Array): void {
  const width = shift.length;
  for (let i = 0; i < rows; i++)
    for (let c = 0; c < width; c++) {
      const value = block[i * width + c]! - shift[c]!;
      block[i * width + c] = value;
      sum[c]! += value;
    }
}
