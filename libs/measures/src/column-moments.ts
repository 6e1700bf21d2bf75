import { InputError, unwatched, type Control } from '@fathom/errors';
import {
  addColumns,
  fixedPoint,
  integerSums,
  largestInteger,
  mergeIntegers,
  needsTwoLimbs,
  outOfRange,
  toInteger,
  type Bits,
  type ColumnIntegers,
  type FixedPoint,
} from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { requireRanges, type ColumnRanges } from './column-ranges.js';
import { columnStandard } from './column-standard.js';
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

interface Rows {
  readonly start: number;
  readonly rows: number;
  readonly values: Float64Array;
}

/** The sums behind {@link columnMoments}: integers, and so the same for every order of the rows. */
export class MomentStatistic {
  rows = 0;
  readonly integers: ColumnIntegers;
  readonly positive: Float64Array;

  /**
   * @param name of the matrix, for errors
   * @param wide whether sums may grow above 2⁵³
   */
  constructor(
    private readonly name: string,
    private readonly point: FixedPoint,
    wide: boolean,
  ) {
    const columns = point.centre.length;
    this.integers = { sum: integerSums(columns, wide), squares: integerSums(columns, wide) };
    this.positive = new Float64Array(columns);
  }

  /** Takes in a block of rows. @throws InputError naming row and column of a value outside of its column's range */
  update({ start, rows, values }: Rows): void {
    const { point, positive, integers } = this;
    const columns = positive.length;
    const most = largestInteger(point.bits);
    const line = new Float64Array(columns);
    for (let row = 0; row < rows; row += 1) {
      const at = row * columns;
      for (let column = 0; column < columns; column += 1) {
        const q = toInteger(values[at + column]!, point, column);
        if (!(Math.abs(q) <= most)) throw outOfRange(this.name, start + row, column, values[at + column]!);
        line[column] = q;
        positive[column] = positive[column]! + (values[at + column]! > 0 ? 1 : 0);
      }
      addColumns(integers, 0, line);
    }
    this.rows += rows;
  }

  /** Adds what another one took in; the other stays as it is. */
  merge(other: this): void {
    this.rows += other.rows;
    mergeIntegers(this.integers.sum, other.integers.sum);
    mergeIntegers(this.integers.squares, other.integers.squares);
    other.positive.forEach((count, column) => (this.positive[column] = this.positive[column]! + count));
  }
}

/**
 * Mean, variance and prevalence of each feature (docs/measures.md §1b, §2, §6), by one pass over the codes. Progress in rows.
 * @param z codes, n × k
 * @param ranges minima and maxima of its columns
 * @param bits of the fixed point that means and variances are read in (docs/measures.md §10.2)
 * @throws InputError when k = 0, n = 0, the ranges do not fit, or a code is NaN, infinite or outside of its column's range
 */
export async function columnMoments(z: RowSource, ranges: ColumnRanges, bits: Bits = 16, control: Control = unwatched): Promise<ColumnMoments> {
  if (z.columns === 0) throw new InputError({ field: z.name, problem: 'no features', value: 0, accepted: 'at least 1 column' });
  if (z.rows === 0) throw new InputError({ field: z.name, problem: 'no rows', value: 0, accepted: 'at least 1 row' });
  requireRanges(z, ranges);
  const point = fixedPoint(ranges, { bits });
  const statistic = new MomentStatistic(z.name, point, needsTwoLimbs(z.rows, bits));
  for await (const { start, rows, values } of rowBlocks([z], BLOCK_ROWS, control)) {
    statistic.update({ start, rows, values: values[0] });
    control.progress(start + rows, z.rows);
  }
  const n = statistic.rows;
  const { middle, rest, energy } = columnStandard(statistic.integers, z.columns, [0], Float64Array.of(n));
  const live = Uint8Array.from(ranges.min, (low, column) => (ranges.max[column]! > low ? 1 : 0));
  return {
    mean: middle.map((whole, column) => point.centre[column]! + (whole + rest[column]!) / point.scale[column]!),
    variance: energy.map((sum, column) => sum / n / point.scale[column]! / point.scale[column]!),
    prevalence: statistic.positive.map((count) => count / n),
    live,
    dead: live.reduce((dead, alive) => dead + 1 - alive, 0),
  };
}
