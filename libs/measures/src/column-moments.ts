import { InputError, unwatched, type Control } from '@fathom/errors';
import { fixedPoint, integerSums, mergeIntegers, oneGroup, PlanedRows, SharedRoom, type Bits, type Crew } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { requireRanges, type ColumnRanges } from './column-ranges.js';
import { columnStandard } from './column-standard.js';
import type { ProbeTargets } from './layer-sums.js';
import { BLOCK_ROWS } from './row-blocks.js';

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

/**
 * Mean, variance and prevalence of each feature (docs/measures.md §1b, §2, §6), by one pass over the codes. Progress in rows.
 * @param z codes, n × k
 * @param ranges minima and maxima of its columns
 * @param bits of the fixed point that means and variances are read in (docs/measures.md §10.2)
 * @throws InputError when k = 0, n = 0, the ranges do not fit, or a code is NaN, infinite or outside of its column's range
 */
export async function columnMoments(
  z: RowSource,
  ranges: ColumnRanges,
  bits: Bits,
  crew: Crew,
  control: Control = unwatched,
): Promise<ColumnMoments> {
  if (z.columns === 0) throw new InputError({ field: z.name, problem: 'no features', value: 0, accepted: 'at least 1 column' });
  if (z.rows === 0) throw new InputError({ field: z.name, problem: 'no rows', value: 0, accepted: 'at least 1 row' });
  requireRanges(z, ranges);
  const point = fixedPoint(ranges, { bits, name: z.name });
  const planes = new PlanedRows(z, { point, groups: oneGroup, blockRows: BLOCK_ROWS, room: new SharedRoom() });
  return momentsOf(planes, ranges, crew, control);
}

/** The same of codes that were made ready for probes, all of their columns: what stays in memory is not read again. */
export async function targetMoments(targets: ProbeTargets, ranges: ColumnRanges, crew: Crew, control: Control = unwatched): Promise<ColumnMoments> {
  return momentsOf(targets.planes[0]!, ranges, crew, control);
}

async function momentsOf(planes: PlanedRows, ranges: ColumnRanges, crew: Crew, control: Control): Promise<ColumnMoments> {
  const { columns, point, wide } = planes;
  const { groups } = planes.groups;
  const rows = new Float64Array(groups);
  const integers = { sum: integerSums(groups * columns, wide), squares: integerSums(groups * columns, wide) };
  const positive = new Float64Array(columns);
  for (let index = 0; index < planes.blocks; index += 1) {
    control.throwIfCancelled();
    const { planes: bytes, sums, positive: above } = await planes.block(index, crew);
    const { start, rows: count, counts } = bytes.block;
    counts.forEach((own, group) => (rows[group] = rows[group]! + own));
    mergeIntegers(integers.sum, sums.sum);
    mergeIntegers(integers.squares, sums.squares);
    above.forEach((own, column) => (positive[column] = positive[column]! + own));
    control.progress(start + count, planes.rows);
  }
  const everyGroup = Array.from(rows, (_, group) => group);
  const { rows: n, middle, rest, energy } = columnStandard(integers, columns, everyGroup, rows);
  const live = Uint8Array.from(ranges.min, (low, column) => (ranges.max[column]! > low ? 1 : 0));
  return {
    mean: middle.map((whole, column) => point.centre[column]! + (whole + rest[column]!) / point.scale[column]!),
    variance: energy.map((sum, column) => sum / n / point.scale[column]! / point.scale[column]!),
    prevalence: positive.map((count) => count / n),
    live,
    dead: live.reduce((dead, alive) => dead + 1 - alive, 0),
  };
}
