import type { ByteSource } from './byte-source.js';
import { bytesPerElement, type DType } from './dtype.js';
import { checkRowRange } from './row-range.js';
import type { RowSource } from './row-source.js';
import { matrixShape } from './shape.js';
import { toFloat64 } from './to-float64.js';

/** The rows of a tensor whose little-endian, row-major elements start at byte `offset` of a source. Only the rows asked for are read. */
export function byteRows(name: string, source: ByteSource, offset: number, dtype: DType, shape: readonly number[]): RowSource {
  const { rows, columns } = matrixShape(shape, name);
  const rowBytes = columns * bytesPerElement(dtype);
  return {
    name,
    rows,
    columns,
    read: async (start, end) => {
      checkRowRange(name, start, end, rows);
      return toFloat64(dtype, await source.read(offset + start * rowBytes, (end - start) * rowBytes));
    },
  };
}
