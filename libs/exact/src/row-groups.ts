import { InputError } from '@fathom/errors';

/** Rows cut into groups (folds, classes): group of each row. */
export interface RowGroups {
  /** How many groups there are, 1 to 65,536. */
  readonly groups: number;
  /** Group of a row, 0..groups−1. */
  of(row: number): number;
}

/** All rows in one group. */
export const oneGroup: RowGroups = { groups: 1, of: () => 0 };

/** Consecutive rows of a matrix, and where each goes when they are sorted by group. */
export interface RowBlock {
  /** The first row. */
  readonly start: number;
  readonly rows: number;
  /** Rows of each group. */
  readonly counts: readonly number[];
  /** Rows of all groups before. */
  readonly before: readonly number[];
  /** Group of each row; shared. */
  readonly group: Uint16Array;
  /** Place of each row within its group, in row order; shared. */
  readonly place: Uint32Array;
}

/** Sorts rows start..start+rows−1 by group. @throws InputError where a row has no group */
export function rowBlock(groups: RowGroups, start: number, rows: number): RowBlock {
  const counts = new Array<number>(groups.groups).fill(0);
  const group = new Uint16Array(new SharedArrayBuffer(2 * rows));
  const place = new Uint32Array(new SharedArrayBuffer(4 * rows));
  for (let row = 0; row < rows; row += 1) {
    const own = groups.of(start + row);
    if (counts[own] === undefined)
      throw new InputError({ field: `group of row ${start + row}`, problem: 'no such group', value: own, accepted: `0 to ${groups.groups - 1}` });
    group[row] = own;
    place[row] = counts[own]++;
  }
  let sum = 0;
  const before = counts.map((count) => {
    sum += count;
    return sum - count;
  });
  return { start, rows, counts, before, group, place };
}
