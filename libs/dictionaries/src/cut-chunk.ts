import { InputError } from '@fathom/errors';
import type { Task } from '@fathom/exact';
import { KernelLayout, kernels } from '@fathom/kernels';
import { mostOf } from './byte-digits.js';
import type { ChunkPlanes, ChunkValues } from './chunk-planes.js';

/** Squares that come with each row: of the rounded row, of its high bytes alone, and of what the low ones add. */
export const SQUARES_PER_ROW = 3;

/** Values that are worked on at a time: they fit a processor's cache. */
const MOST_VALUES = 2 ** 15;

/**
 * Cuts rows into bytes; returns squared L2 norms, {@link SQUARES_PER_ROW} a row. `scale` holds a power of two a column.
 * @throws InputError where a value is out of the range that its column's scale is for
 */
export const cutChunk: Task<ChunkValues & { readonly scale: Float64Array; readonly planes: ChunkPlanes }, Float64Array> = {
  module: __filename,
  name: 'cutChunk',
  run: async ({ name, values, columns, scale, planes: { rows, left, right } }) => {
    const { memory, ...kernel } = kernels();
    const { bytes, float64 } = memory;
    const lines = values instanceof Float64Array ? float64 : new Float32Array(bytes.buffer);
    const size = lines.BYTES_PER_ELEMENT;
    const height = Math.max(1, Math.min(rows, Math.floor(MOST_VALUES / columns)));
    const layout = new KernelLayout();
    // Columns are cut by fours: what follows the last is 0.
    const padded = (columns + 3) & ~3;
    const scales = layout.take(16 * padded);
    float64.fill(0, scales / 8, scales / 8 + 2 * padded).set(scale, scales / 8);
    scale.forEach((factor, column) => (float64[scales / 8 + padded + column] = 1 / factor));
    const from = layout.take((height * columns + 4) * size);
    const [to, next] = [right.high, right.low, left.high, left.low].map(() => layout.take(height * columns)) as [number, number];
    const squaresAt = layout.take(8 * SQUARES_PER_ROW * height);
    const squares = new Float64Array(SQUARES_PER_ROW * rows);
    for (let first = 0; first < rows; first += height) {
      const count = Math.min(height, rows - first);
      const [start, length] = [first * columns, count * columns];
      lines.set(values.subarray(start, start + length), from / size);
      lines.fill(0, from / size + length, from / size + length + 4);
      const largest = kernel.cutBytes(from, size === 8 ? 1 : 0, scales, count, columns, to, next - to, squaresAt);
      if (!(largest <= mostOf(2)))
        throw new InputError({
          field: name,
          problem: 'a value out of the range of its column',
          accepted: 'values within the ranges that were given',
        });
      [right.high, right.low, left.high, left.low].forEach((plane, index) => {
        const at = to + index * (next - to);
        new Uint8Array(plane.buffer, plane.byteOffset + start, length).set(bytes.subarray(at, at + length));
      });
      squares.set(float64.subarray(squaresAt / 8, squaresAt / 8 + SQUARES_PER_ROW * count), SQUARES_PER_ROW * first);
    }
    return squares;
  },
};
