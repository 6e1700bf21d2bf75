import { InputError, unwatched, type Control } from '@fathom/errors';
import type { RowStatistic } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { middles, requireRanges, type ColumnRanges } from './column-ranges.js';
import { BLOCK_ROWS, rowBlocks } from './row-blocks.js';

/** What is known of each feature from its codes alone; arrays of k. */
export interface ColumnMoments {
  readonly mean: Float64Array;
  /** Population variance (divided by n), ≥ 0; exactly 0 for a dead feature. */
  readonly variance: Float64Array;
  /** Share of rows whose code is above 0, in [0, 1] (docs/measures.md §6). */
  readonly prevalence: Float64Array;
  /** 1 where the feature varies, 0 where it is dead: its maximum equals its minimum (docs/measures.md §1b). */
  readonly live: Uint8Array;
  /** How many are dead, 0..k. */
  readonly dead: number;
}

/** The sums behind {@link columnMoments}, around a shift a column; statistics that are merged have the same shifts. */
export class MomentStatistic implements RowStatistic<{ readonly rows: number; readonly values: Float64Array }> {
  rows = 0;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  readonly positive: Float64Array;

  constructor(private readonly shift: Float64Array) {
    this.sum = new Float64Array(shift.length);
    this.squares = new Float64Array(shift.length);
    this.positive = new Float64Array(shift.length);
  }

  update({ rows, values }: { readonly rows: number; readonly values: Float64Array }): void {
    const columns = this.shift.length;
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const value = values[row * columns + column]!;
        const centred = value - this.shift[column]!;
        this.sum[column] = this.sum[column]! + centred;
        this.squares[column] = this.squares[column]! + centred * centred;
        if (value > 0) this.positive[column] = this.positive[column]! + 1;
      }
    }
    this.rows += rows;
  }

  merge(other: this): void {
    this.rows += other.rows;
    for (const name of ['sum', 'squares', 'positive'] as const) other[name].forEach((value, column) => (this[name][column]! += value));
  }
}

/**
 * Mean, variance and prevalence of each feature (docs/measures.md §1b, §2, §6), by one pass over the codes. Progress in rows.
 * @param z codes, n × k
 * @param ranges minima and maxima of its columns
 * @throws InputError when k = 0, n = 0, the ranges do not fit, or a code is NaN or infinite
 */
export async function columnMoments(z: RowSource, ranges: ColumnRanges, control: Control = unwatched): Promise<ColumnMoments> {
  if (z.columns === 0) throw new InputError({ field: z.name, problem: 'no features', value: 0, accepted: 'at least 1 column' });
  if (z.rows === 0) throw new InputError({ field: z.name, problem: 'no rows', value: 0, accepted: 'at least 1 row' });
  requireRanges(z, ranges);
  const shift = middles(ranges);
  const statistic = new MomentStatistic(shift);
  for await (const { start, rows, values } of rowBlocks([z], BLOCK_ROWS, control)) {
    statistic.update({ rows, values: values[0] });
    control.progress(start + rows, z.rows);
  }
  const n = statistic.rows;
  const live = Uint8Array.from(ranges.min, (low, column) => (ranges.max[column]! > low ? 1 : 0));
  return {
    mean: statistic.sum.map((sum, column) => sum / n + shift[column]!),
    variance: statistic.squares.map((square, column) => Math.max(0, square / n - (statistic.sum[column]! / n) * (statistic.sum[column]! / n))),
    prevalence: statistic.positive.map((count) => count / n),
    live,
    dead: live.reduce((dead, alive) => dead + 1 - alive, 0),
  };
}
