import type { ByteSource } from './byte-source.js';
import { bytesPerElement, type DType } from './dtype.js';
import { floatInto } from './float-into.js';
import { floatTypeOf } from './float-type.js';
import { rowSource, type RowSource } from './row-source.js';
import { matrixShape } from './shape.js';

/** The rows of a tensor whose little-endian, row-major elements start at byte `offset` of a source. Only the rows asked for are read. */
export function byteRows(name: string, source: ByteSource, offset: number, dtype: DType, shape: readonly number[]): RowSource {
  const { rows, columns } = matrixShape(shape, name);
  const rowBytes = columns * bytesPerElement(dtype);
  return rowSource({ name, rows, columns, precision: floatTypeOf(dtype) }, async (start, end, out) =>
    floatInto(dtype, await source.read(offset + start * rowBytes, (end - start) * rowBytes), out, 0),
  );
}
