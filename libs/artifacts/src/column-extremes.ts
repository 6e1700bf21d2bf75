import { InputError } from '@fathom/errors';
import { BLOCK_ROWS, floatInto, isFloating, matrixShape, tensorBytes, type Tensor } from '@fathom/tensors';

/** Above so many columns a manifest holds no minima and maxima: images and other tensors that no statistic reads by column. */
export const MOST_COLUMNS_WITH_EXTREMES = 16_384;

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
  const { rows, columns } = matrixShape(tensor.shape, tensor.name);
  const kept = rows > 0 && columns <= MOST_COLUMNS_WITH_EXTREMES;
  const min = new Float64Array(kept ? columns : 0).fill(Infinity);
  const max = new Float64Array(kept ? columns : 0).fill(-Infinity);
  if (!kept && !isFloating(tensor.dtype)) return { min, max };
  // Wide rows are read a few at a time, so that a block stays small.
  const step = Math.max(1, Math.min(BLOCK_ROWS, Math.floor(2 ** 20 / Math.max(1, columns))));
  const block = new Float64Array(Math.min(step, rows) * columns);
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(start + step, rows);
    floatInto(tensor.dtype, tensorBytes(tensor, start, end), block, 0);
    refuseNonFinite(block, (end - start) * columns, tensor.name, firstRow + start, columns);
    if (kept) widen(min, max, block, end - start, columns);
  }
  // −0 and 0 are equal here, and which of them was met first must not show.
  for (let j = 0; j < min.length; j++) {
    min[j]! += 0;
    max[j]! += 0;
  }
  return { min, max };
}

function widen(min: Float64Array, max: Float64Array, block: Float64Array, rows: number, columns: number): void {
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) {
      const value = block[at]!;
      if (value < min[j]!) min[j] = value;
      if (value > max[j]!) max[j] = value;
    }
}

function refuseNonFinite(block: Float64Array, length: number, name: string, firstRow: number, columns: number): void {
  for (let at = 0; at < length; at++) {
    const value = block[at]!;
    // Only NaN and infinities give NaN here.
    if (value - value !== 0)
      throw new InputError({
        field: name,
        problem: `row ${firstRow + Math.floor(at / columns)}, column ${at % columns} is not finite`,
        value: String(value),
        accepted: 'finite numbers',
      });
  }
}
