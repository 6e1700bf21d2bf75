import { InputError, unwatched, type Control } from '@fathom/errors';
import type { RowSource } from '@fathom/tensors';

import { BLOCK_ROWS, rowBlocks } from './row-blocks.js';

/** The smallest and the largest value of each column, as an artifact's manifest holds them. */
export interface ColumnRanges {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Minima and maxima of the columns of activations and of codes. */
export interface PairedRanges {
  readonly x: ColumnRanges;
  readonly z: ColumnRanges;
}

/**
 * Minima and maxima of the columns, by one pass over all rows. Progress in rows.
 * @throws InputError when there is no row, or naming tensor, row and column of a NaN or infinity
 */
export async function columnRanges(source: RowSource, control: Control = unwatched): Promise<ColumnRanges> {
  const { columns } = source;
  if (source.rows === 0) throw new InputError({ field: source.name, problem: 'no rows', value: 0, accepted: 'at least 1 row' });
  const min = new Float64Array(columns).fill(Infinity);
  const max = new Float64Array(columns).fill(-Infinity);
  for await (const { start, rows, values } of rowBlocks([source], BLOCK_ROWS, control)) {
    widen(min, max, 0, columns, values[0], rows);
    control.progress(start + rows, source.rows);
  }
  return { min, max };
}

/** Widens the ranges of `columns` columns, held from `at` on, by rows of values. */
export function widen(min: Float64Array, max: Float64Array, at: number, columns: number, values: Float64Array, rows: number): void {
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const value = values[row * columns + column]!;
      if (value < min[at + column]!) min[at + column] = value;
      if (value > max[at + column]!) max[at + column] = value;
    }
  }
}

/** @throws InputError when ranges are not those of the matrix's columns */
export function requireRanges(source: RowSource, ranges: ColumnRanges): void {
  for (const side of ['min', 'max'] as const) {
    if (ranges[side].length !== source.columns) {
      throw new InputError({
        field: `${source.name}, ${side} of its columns`,
        problem: 'wrong length',
        value: ranges[side].length,
        accepted: `${source.columns} values, one a column`,
      });
    }
  }
}
