import type { Task } from '@fathom/exact';
import { requireValues } from './row-blocks.js';

/**
 * Some rows of a matrix in uncentred 16-bit fixed point (docs/measures.md §10.2), q = 256·high + low, as the bytes that integer
 * products take: once with the rows on the left, once with them on the right. Shared between threads.
 */
export interface ChunkPlanes {
  readonly rows: number;
  readonly columns: number;
  /** rows × 2·columns: the high bytes of a row, then its low bytes, each plus 128. */
  readonly left: Uint8Array;
  /** 2 × rows × columns: the high bytes of all rows, then the low bytes. */
  readonly right: Int8Array;
}

/** Bytes that a value takes in {@link ChunkPlanes}. */
export const BYTES_PER_VALUE = 4;

/** Planes of `rows` rows, still empty, in the first bytes of a buffer. */
export function emptyPlanes(rows: number, columns: number, buffer: SharedArrayBuffer): ChunkPlanes {
  const size = 2 * rows * columns;
  return { rows, columns, left: new Uint8Array(buffer, 0, size), right: new Int8Array(buffer, size, size) };
}

/** Values of some rows, shared between threads. */
export interface ChunkValues {
  readonly name: string;
  /** Row-major. */
  readonly values: Float32Array | Float64Array;
  readonly firstRow: number;
  readonly columns: number;
}

/** Least and largest value of each column. */
export interface ColumnRanges {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** The ranges of some rows' columns. @throws InputError naming row and column of a value that is not finite, or negative where that is not wanted */
export const chunkRanges: Task<ChunkValues & { readonly negative: boolean }, ColumnRanges> = {
  module: __filename,
  name: 'chunkRanges',
  run: async ({ name, values, firstRow, columns, negative }) => {
    requireValues(name, values, firstRow, columns, negative);
    const min = new Float64Array(columns).fill(Infinity);
    const max = new Float64Array(columns).fill(-Infinity);
    for (let start = 0; start < values.length; start += columns) raise(min, max, values, start);
    return { min, max };
  },
};

function raise(min: Float64Array, max: Float64Array, values: Float32Array | Float64Array, start: number): void {
  for (let c = 0; c < min.length; c++) {
    const value = values[start + c]!;
    if (value < min[c]!) min[c] = value;
    if (value > max[c]!) max[c] = value;
  }
}

/** Cuts rows into bytes; returns the squared L2 norm of each rounded row. `scale` holds a power of two a column. */
export const cutChunk: Task<ChunkValues & { readonly scale: Float64Array; readonly planes: ChunkPlanes }, Float64Array> = {
  module: __filename,
  name: 'cutChunk',
  run: async ({ values, columns, scale, planes }) => {
    const weights = scale.map((factor) => 1 / factor);
    const squares = new Float64Array(planes.rows);
    for (let row = 0; row < planes.rows; row++) squares[row] = cutRow(values, row, columns, scale, weights, planes);
    return squares;
  },
};

/** Adding and subtracting 1.5·2⁵² rounds to the nearest integer, half to even. */
export const ROUND = 6_755_399_441_055_744;

function cutRow(
  values: Float32Array | Float64Array,
  row: number,
  columns: number,
  scale: Float64Array,
  weights: Float64Array,
  { rows, left, right }: ChunkPlanes,
): number {
  const from = row * columns;
  const low = rows * columns + from;
  let square = 0;
  for (let c = 0; c < columns; c++) {
    const q = values[from + c]! * scale[c]! + ROUND - ROUND;
    const whole = q | 0; // an int32 from here on
    const h = (whole + 128) >> 8;
    const l = whole - (h << 8);
    left[2 * from + c] = h + 128;
    left[2 * from + columns + c] = l + 128;
    right[from + c] = h;
    right[low + c] = l;
    const x = q * weights[c]!;
    square += x * x;
  }
  return square;
}
