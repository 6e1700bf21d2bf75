import { KernelLayout, kernels, type Address } from '@fathom/kernels';

import { bringBack, forParts, isKept, lay, PART, partOf, placeFor, type MatrixPart } from './matrix-part.js';

/** A diagonal matrix times a matrix. */
export interface RowFactors {
  /** The diagonal. */
  readonly factors: Float64Array;
  /** As many rows, row-major. */
  readonly matrix: Float64Array;
}

/** What is done with a product by digits: it is written, or subtracted from what is there. */
export interface Combination {
  /** 1/scale of each row. */
  readonly rowFactors: Float64Array;
  /** 1/scale of each column. */
  readonly columnFactors: Float64Array;
  readonly subtract: boolean;
  /** Of the same rows: what is added to what is written, row i of `matrix` times factors[i]. */
  readonly plus?: RowFactors;
}

const STEP = 1 / 256;
const [WRITE, SUBTRACT, ADD] = [0, 1, 2] as const;

/**
 * Puts the levels of a product by digits together, the one of the smallest weight first:
 * ((C_{t−1}/256 + C_{t−2})/256 + … + C_0) divided by the scales of its row and column.
 *
 * @param sums the exact sums C_l, level after level, rows × columns each
 */
export function combineLevels(sums: Int32Array | Float64Array, levels: number, out: MatrixPart, how: Combination): void {
  if (sums instanceof Float64Array) combineWide(sums, levels, out, how);
  else combineNarrow(sums, levels, out, how);
}

function combineNarrow(sums: Int32Array, levels: number, out: MatrixPart, { rowFactors, columnFactors, subtract, plus }: Combination): void {
  const kernel = kernels();
  const mode = subtract ? SUBTRACT : plus === undefined ? WRITE : ADD;
  const added = plus && { matrix: plus.matrix, offset: 0, stride: out.columns, rows: out.rows, columns: out.columns };
  const inPlace = isKept(sums) && isKept(out.matrix) && (added === undefined || isKept(added.matrix));
  forParts(out, inPlace ? Infinity : PART, (part, row, column) => {
    const { rows, columns } = part;
    const layout = new KernelLayout();
    const place = subtract ? lay(part, layout) : placeFor(part, layout);
    const there = added === undefined ? place : lay(partOf(added, row, rows, column, columns), layout);
    const { at, apart } = laySums(sums, levels, out, part, row, column, layout);
    const [perRow, perColumn] = [numbers(rowFactors, row, rows, layout), numbers(columnFactors, column, columns, layout)];
    const multiples = plus === undefined ? 0 : numbers(plus.factors, row, rows, layout);
    kernel.combineLevels(at, apart, levels, rows, columns, perRow, perColumn, mode, multiples, there.at, there.pitch, place.at, place.pitch);
    bringBack(part, place);
  });
}

/** The sums of a part, for the kernels to read: rows one after the other, and bytes from level to level. */
function laySums(
  sums: Int32Array,
  levels: number,
  out: MatrixPart,
  { rows, columns }: MatrixPart,
  row: number,
  column: number,
  layout: KernelLayout,
): { at: Address; apart: number } {
  const area = out.rows * out.columns;
  const first = row * out.columns + column;
  if (isKept(sums) && columns === out.columns) return { at: sums.byteOffset + 4 * first, apart: 4 * area };
  const { int32 } = kernels().memory;
  const at = layout.take(4 * levels * rows * columns);
  for (let level = 0, to = at / 4; level < levels; level += 1)
    for (let r = 0, from = level * area + first; r < rows; r += 1, from += out.columns, to += columns)
      int32.set(sums.subarray(from, from + columns), to);
  return { at, apart: 4 * rows * columns };
}

function numbers(from: Float64Array, first: number, count: number, layout: KernelLayout): Address {
  const at = layout.take(8 * count);
  kernels().memory.float64.set(from.subarray(first, first + count), at / 8);
  return at;
}

/** Of more steps than one integer product takes: rare, and in plain code. */
function combineWide(
  sums: Float64Array,
  levels: number,
  { matrix, offset, stride, rows, columns }: MatrixPart,
  { rowFactors, columnFactors, subtract, plus }: Combination,
): void {
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, at += 1) {
      let sum = 0;
      for (let level = levels - 1; level >= 0; level -= 1) sum = sum * STEP + sums[level * rows * columns + at]!;
      const value = sum * rowFactors[row]! * columnFactors[column]!;
      const to = offset + row * stride + column;
      if (subtract) matrix[to] = matrix[to]! - value;
      else matrix[to] = plus === undefined ? value : value + plus.factors[row]! * plus.matrix[at]!;
    }
  }
}
