import { mergeIntegers, type IntegerSums } from './integer-sums.js';
import type { RowBlock } from './row-groups.js';

/** Columns whose bytes lie side by side: few enough that what a product reads of them again and again keeps to a processor's own cache. */
export const TILE_COLUMNS = 256;

/**
 * The rows of a block of a matrix in fixed point, as bytes: q = Σ_p digit_p·256^(D−1−p), each digit in −128..127, D = bits / 8.
 * For every tile of columns, for every group of rows: the rows of the last digit, then those of the digit before, and so on, so
 * that any run of digits is one matrix that an integer product can take as it is.
 */
export interface BytePlanes {
  readonly block: RowBlock;
  readonly columns: number;
  readonly digits: number;
  /** rows × columns × digits; shared. */
  readonly bytes: Int8Array;
}

/** Column sums of a block's rows: groups × columns. */
export interface ColumnIntegers {
  /** Σq */
  readonly sum: IntegerSums;
  /** Σq² */
  readonly squares: IntegerSums;
}

/** Adds the sums over other rows; they stay as they are. */
export function mergeColumns(into: ColumnIntegers, from: ColumnIntegers): void {
  mergeIntegers(into.sum, from.sum);
  mergeIntegers(into.squares, from.squares);
}

/** Some columns: the first, and the one after the last. */
export interface ColumnRange {
  readonly from: number;
  readonly to: number;
}

/** Columns cut for tasks or products, by tiles or by `width` of them. */
export function columnTiles(columns: number, width = TILE_COLUMNS): readonly ColumnRange[] {
  return Array.from({ length: Math.ceil(columns / width) }, (_, tile) => ({ from: tile * width, to: Math.min(columns, (tile + 1) * width) }));
}

/** The bytes of one group's rows in the tile that begins at a column: digits × rows of the group × width. */
export function groupBytes({ block, columns, digits, bytes }: BytePlanes, group: number, from: number): Int8Array {
  const width = Math.min(columns - from, TILE_COLUMNS);
  const start = digits * (from * block.rows + width * block.before[group]!);
  return bytes.subarray(start, start + digits * width * block.counts[group]!);
}

/** Chosen columns of a block, rows × chosen, as the integers that the bytes hold. */
export function integersOf(planes: BytePlanes, chosen: Uint32Array): Int32Array {
  const { block, columns, digits } = planes;
  const out = new Int32Array(block.rows * chosen.length);
  chosen.forEach((column, index) => {
    const from = Math.floor(column / TILE_COLUMNS) * TILE_COLUMNS;
    const width = Math.min(columns - from, TILE_COLUMNS);
    const groups = block.counts.map((_, group) => groupBytes(planes, group, from));
    for (let row = 0; row < block.rows; row += 1) {
      const group = block.group[row]!;
      const plane = block.counts[group]! * width;
      let value = 0;
      for (let digit = digits - 1; digit >= 0; digit -= 1)
        value = value * 256 + groups[group]![digit * plane + block.place[row]! * width + column - from]!;
      out[row * chosen.length + index] = value;
    }
  });
  return out;
}
