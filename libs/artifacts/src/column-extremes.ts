import { InputError } from '@fathom/errors';
import { KernelLayout, kernels } from '@fathom/kernels';
import { bytesPerElement, floatInto, floatTypeOf, isFloating, matrixShape, tensorBytes, type FloatArray, type Tensor } from '@fathom/tensors';

/** Above so many columns a manifest holds no minima and maxima: images and other tensors that no statistic reads by column. */
export const MOST_COLUMNS_WITH_EXTREMES = 16_384;

/** Values that are looked at together. They stay in a processor's cache: the rows of more would push each other out of it where they are 2048 or 4096 wide. */
const PIECE = 2 ** 15;
/** Columns in which values are laid where none of their own are kept; PIECE is a multiple. */
const ANY_COLUMNS = 1024;

/** Least and greatest value of each column. */
export interface ColumnExtremes {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/**
 * Least and greatest value of each column; both empty when there are no rows, or more than 16,384 columns.
 * @param firstRow number of the tensor's first row, for the error
 * @throws InputError naming tensor, row and column of the first value that is not finite.
 */
export function columnExtremes(tensor: Tensor, firstRow: number): ColumnExtremes {
  const { rows, columns, elements } = matrixShape(tensor.shape, tensor.name);
  const kept = rows > 0 && columns <= MOST_COLUMNS_WITH_EXTREMES;
  if (!kept && !isFloating(tensor.dtype)) return { min: new Float64Array(), max: new Float64Array() };
  const width = kept ? columns : ANY_COLUMNS;
  const { memory, ...kernel } = kernels();
  const isDouble = floatTypeOf(tensor.dtype) === 'F64';
  const numbers: FloatArray = isDouble ? memory.float64 : new Float32Array(memory.float64.buffer);
  const size = numbers.BYTES_PER_ELEMENT;
  const layout = new KernelLayout();
  const [minAt, maxAt, at] = [layout.take(size * width), layout.take(size * width), layout.take(size * PIECE)];
  const min = numbers.subarray(minAt / size, minAt / size + width).fill(Infinity);
  const max = numbers.subarray(maxAt / size, maxAt / size + width).fill(-Infinity);
  const bytes = tensorBytes(tensor);
  const step = Math.floor(PIECE / width) * width;
  for (let start = 0; start < elements; start += step) {
    const end = Math.min(start + step, elements);
    floatInto(tensor.dtype, bytes.subarray(start * bytesPerElement(tensor.dtype), end * bytesPerElement(tensor.dtype)), numbers, at / size);
    const lines = Math.ceil((end - start) / width);
    // What is left of the last line, and the 16 bytes after it, are looked at too.
    numbers.fill(0, at / size + end - start, (at + 16) / size + lines * width);
    if (kernel.columnExtremes(at, isDouble ? 1 : 0, lines, width, minAt, maxAt))
      refuseNonFinite(numbers.subarray(at / size, at / size + end - start), tensor.name, firstRow, columns, start);
  }
  return { min: unsigned(kept ? min : []), max: unsigned(kept ? max : []) };
}

/** A copy without −0: it equals 0, and which of them was met first must not show. */
function unsigned(values: ArrayLike<number>): Float64Array {
  const copy = new Float64Array(values);
  for (let i = 0; i < copy.length; i++) copy[i]! += 0;
  return copy;
}

/** @throws InputError for the first of a tensor's values from `start` on that is not finite */
function refuseNonFinite(values: FloatArray, name: string, firstRow: number, columns: number, start: number): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  const at = start + index;
  throw new InputError({
    field: name,
    problem: `row ${firstRow + Math.floor(at / columns)}, column ${at % columns} is not finite`,
    value: String(values[index]),
    accepted: 'finite numbers',
  });
}
