import type { ProductShape } from '@fathom/exact';

/** A block of a product: its rows, columns and steps, each from a first to before a last. */
export interface ProductBlock {
  readonly rows: Range;
  readonly columns: Range;
  /** The blocks of the same rows and columns come one after another, the first from step 0. */
  readonly steps: Range;
}

export interface Range {
  readonly from: number;
  readonly size: number;
}

/** Most of each in a block: multiples of 64, or what the whole product has. */
export type BlockLimits = ProductShape;

/** Bytes that a processor multiplies at once. */
const REGISTER = 64;

/** All blocks of a product: columns outermost, so that a block of the right matrix serves all rows before the next is needed. */
export function* productBlocks(shape: ProductShape, limits: BlockLimits): Generator<ProductBlock> {
  for (const columns of ranges(shape.columns, limits.columns)) {
    for (const rows of ranges(shape.rows, limits.rows)) {
      for (const steps of ranges(shape.steps, limits.steps)) yield { rows, columns, steps };
    }
  }
}

/** Pieces of about the same size, in whole registers where there are several. */
function* ranges(length: number, most: number): Generator<Range> {
  const count = Math.ceil(length / most);
  const size = count < 2 ? length : Math.ceil(length / count / REGISTER) * REGISTER;
  for (let from = 0; from < length; from += size) yield { from, size: Math.min(size, length - from) };
}

/**
 * Puts the sums of a block in their place: those of the first steps are written, those of later ones added.
 *
 * @param sums the block's rows × columns
 * @param out rows × stride
 */
export function addBlock(sums: Int32Array | Float32Array, out: Int32Array, stride: number, { rows, columns, steps }: ProductBlock): void {
  for (let row = 0; row < rows.size; row += 1) {
    const from = row * columns.size;
    const to = (rows.from + row) * stride + columns.from;
    if (steps.from === 0) out.set(sums.subarray(from, from + columns.size), to);
    else for (let column = 0; column < columns.size; column += 1) out[to + column] = out[to + column]! + sums[from + column]!;
  }
}
