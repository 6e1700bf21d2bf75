import type { Task } from '@fathom/exact';
import { requireValues } from './row-blocks.js';

/**
 * Some rows of a matrix in uncentred 16-bit fixed point (docs/measures.md §10.2), q = 256·high + low, as the bytes that integer
 * products take: once with the rows on the left, once with them on the right. Shared between threads.
 */
export interface ChunkPlanes {
  readonly rows: number;
  readonly columns: number;
  /** Each plus 128. */
  readonly left: HighLow<Uint8Array>;
  readonly right: HighLow<Int8Array>;
}

/** The high and the low bytes of rows, rows × columns each. */
export interface HighLow<T> {
  readonly high: T;
  readonly low: T;
}

/** Bytes that a value takes in {@link ChunkPlanes}. */
export const BYTES_PER_VALUE = 4;

/** Planes of `rows` rows, still empty, in the first bytes of a buffer. */
export function emptyPlanes(rows: number, columns: number, buffer: SharedArrayBuffer): ChunkPlanes {
  const size = rows * columns;
  const left = { high: new Uint8Array(buffer, 0, size), low: new Uint8Array(buffer, size, size) };
  const right = { high: new Int8Array(buffer, 2 * size, size), low: new Int8Array(buffer, 3 * size, size) };
  return { rows, columns, left, right };
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
