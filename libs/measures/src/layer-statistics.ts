import { InputError, type Control } from '@fathom/errors';
import { foldOf } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { middles, requireRanges, type ColumnRanges } from './column-ranges.js';
import { FoldStatistics } from './fold-statistics.js';
import { permutedColumns } from './permuted-columns.js';
import { commonRows, rowBlocks } from './row-blocks.js';

/** Minima and maxima of the columns of activations and of codes. */
export interface PairedRanges {
  readonly x: ColumnRanges;
  readonly z: ColumnRanges;
}

/** Which codes the probes of a layer are to predict. */
export interface ProbeTargets {
  /** Columns of the codes. */
  readonly columns: Uint32Array;
  /** Columns of the codes to be predicted, after those, with their rows permuted: row i takes the codes of row permutation[i]. */
  readonly permuted: { readonly columns: Uint32Array; readonly permutation: ArrayLike<number> };
}

/** Targets without permuted ones. */
export function plainTargets(columns: Uint32Array): ProbeTargets {
  return { columns, permuted: { columns: new Uint32Array(0), permutation: [] } };
}

/**
 * Fold-wise sums of a layer's activations with codes, by one pass over both (and one more over the codes where some are
 * permuted, which are held in memory). Progress in rows of the last pass.
 * @throws InputError when ranges do not fit, the permutation is none, or a value is NaN or infinite
 */
export async function layerStatistics(
  x: RowSource,
  z: RowSource,
  { columns, permuted }: ProbeTargets,
  settings: { readonly folds: number; readonly blockRows: number },
  ranges: PairedRanges,
  control: Control,
): Promise<FoldStatistics> {
  requireRanges(x, ranges.x);
  requireRanges(z, ranges.z);
  const total = requireProbeable(x, z, settings.folds);
  const extra = permuted.columns.length;
  const moved = extra > 0 ? await permutedColumns(z, permuted.columns, permuted.permutation, settings.blockRows, control) : new Float64Array(0);
  const shiftZ = middles(ranges.z);
  const targets = columns.length + extra;
  const statistics = new FoldStatistics(
    settings.folds,
    middles(ranges.x),
    Float64Array.from([...columns, ...permuted.columns], (column) => shiftZ[column]!),
  );
  for await (const { start, rows, values } of rowBlocks([x, z], settings.blockRows, control)) {
    const block = new Float64Array(rows * targets);
    for (let row = 0; row < rows; row += 1) {
      const to = row * targets;
      for (let index = 0; index < columns.length; index += 1) block[to + index] = values[1][row * z.columns + columns[index]!]!;
      block.set(moved.subarray((start + row) * extra, (start + row + 1) * extra), to + columns.length);
    }
    statistics.update({ start, rows, x: values[0], z: block });
    control.progress(start + rows, total);
  }
  return statistics;
}

/**
 * @returns how many rows there are
 * @throws InputError when there are no features or channels, row counts differ, or a fold would be empty
 */
function requireProbeable(x: RowSource, z: RowSource, folds: number): number {
  for (const source of [x, z]) {
    if (source.columns === 0) throw new InputError({ field: source.name, problem: 'no columns', value: 0, accepted: 'at least 1 column' });
  }
  const rows = commonRows([x, z]);
  if (rows <= folds) throw new InputError({ field: x.name, problem: 'too few rows', value: rows, accepted: `more rows than the ${folds} folds` });
  const empty = firstEmptyFold(rows, folds);
  if (empty >= 0)
    throw new InputError({ field: 'folds', problem: `fold ${empty} of ${rows} rows is empty`, value: folds, accepted: 'fewer folds, or more rows' });
  return rows;
}

function firstEmptyFold(rows: number, folds: number): number {
  const found = new Uint8Array(folds);
  let missing = folds;
  for (let row = 0; row < rows && missing > 0; row += 1) {
    const fold = foldOf(row, folds);
    if (found[fold] === 0) missing -= 1;
    found[fold] = 1;
  }
  return found.indexOf(0);
}
