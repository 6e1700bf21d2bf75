import { KernelLayout, kernels } from '@fathom/kernels';

import { columnTiles, groupBytes, TILE_COLUMNS, type BytePlanes, type ColumnIntegers } from './byte-planes.js';
import type { Task } from './crew.js';
import { largestInteger, outOfRange, toInteger, type FixedPoint } from './fixed-point.js';
import { addInteger } from './integer-sums.js';

/** Some rows of a block that are to be cut into bytes. */
export interface CutInput {
  readonly name: string;
  /** Rows first..first+rows−1 of the block, all columns; shared. */
  readonly values: Float32Array | Float64Array;
  readonly first: number;
  readonly rows: number;
  /** Columns of `values`. */
  readonly stride: number;
  /** Columns of the matrix, from the first of a tile on and to the last of one, and which columns of `values` they are: from..to−1 where absent. */
  readonly from: number;
  readonly to: number;
  readonly chosen?: Uint32Array;
  /** Of these columns. */
  readonly point: FixedPoint;
  readonly planes: BytePlanes;
  readonly sums: ColumnIntegers;
  /** Rows above 0 of each column, all groups together; shared. */
  readonly positive: Float64Array;
}

/** Rows that are cut at a time: they stay in the cache, and the sum of as many squares of 24 bits is below 2⁵². */
const BATCH = 64;

/** Writes the bytes of some columns and adds them up. @throws InputError naming row and column of a value outside of its column's range */
export const cutColumns: Task<CutInput, void> = {
  module: __filename,
  name: 'cutColumns',
  run: async (input) => {
    const { first, rows, planes } = input;
    const rowsOf = planes.block.counts.map((): number[] => []);
    for (let row = first; row < first + rows; row += 1) rowsOf[planes.block.group[row]!]!.push(row);
    const cut = batchCutter(input);
    rowsOf.forEach((rows, group) => {
      for (let at = 0; at < rows.length; at += BATCH) cut(group, rows.slice(at, at + BATCH));
    });
  },
};

/** What cuts at most {@link BATCH} rows, all of one group: its bytes lie one after another. */
function batchCutter(input: CutInput): (group: number, rows: readonly number[]) => void {
  const { values, first, stride, from, to, chosen, point, planes, sums, positive } = input;
  const { block, digits, columns } = planes;
  const width = to - from;
  const { memory, ...kernel } = kernels();
  const { float64, int32 } = memory;
  const int8 = new Int8Array(float64.buffer);
  const isDouble = values instanceof Float64Array;
  const lines = isDouble ? float64 : new Float32Array(float64.buffer);
  const size = lines.BYTES_PER_ELEMENT;
  // Columns are cut by fours: those after the last are 0. Rows are not a power of two apart, or they would share a place in the cache.
  const padded = (width + 3) & ~3;
  const pitch = padded * size + 64;
  const layout = new KernelLayout();
  const numbers = (of: Float64Array): number => {
    const at = layout.take(8 * padded);
    float64.fill(0, at / 8, at / 8 + padded).set(of, at / 8);
    return at;
  };
  const [centre, scale, sum, squares] = [numbers(point.centre), numbers(point.scale), layout.take(8 * padded), layout.take(8 * padded)];
  const above = layout.take(4 * padded);
  const lineAt = layout.take(BATCH * pitch);
  lines.fill(0, lineAt / size, (lineAt + BATCH * pitch) / size);
  const digitAt = Array.from({ length: digits }, () => layout.take(BATCH * Math.min(width, TILE_COLUMNS)));
  const apart = digitAt[1]! - digitAt[0]!;
  const tiles = columnTiles(width);
  return (group, rows) => {
    rows.forEach((row, index) => {
      const at = (row - first) * stride;
      const line = (lineAt + index * pitch) / size;
      if (chosen === undefined) lines.set(values.subarray(at + from, at + to), line);
      else chosen.forEach((column, to) => (lines[line + to] = values[at + column]!));
    });
    const { length } = rows;
    const place = block.place[rows[0]!]!;
    for (const tile of tiles) {
      const [at, count, places] = [8 * tile.from, tile.to - tile.from, lineAt + size * tile.from];
      const sums = [sum + at, squares + at, above + at / 2] as const;
      const most = kernel.cutFixed(places, pitch, isDouble ? 1 : 0, centre + at, scale + at, length, count, digits, digitAt[0]!, apart, ...sums);
      if (!(most <= largestInteger(point.bits))) refuse(input, rows);
      const bytes = groupBytes(planes, group, from + tile.from);
      digitAt.forEach((at, digit) => bytes.set(int8.subarray(at, at + length * count), (digit * block.counts[group]! + place) * count));
    }
    for (let column = 0; column < width; column += 1) {
      const to = group * columns + from + column;
      addInteger(sums.sum, to, float64[sum / 8 + column]!);
      addInteger(sums.squares, to, float64[squares / 8 + column]!);
      positive[from + column] = positive[from + column]! + int32[above / 4 + column]!;
    }
  };
}

/** @throws InputError for the first value of some rows that is too large or no number */
function refuse({ name, values, first, stride, from, to, chosen, point, planes }: CutInput, rows: readonly number[]): void {
  for (const row of rows)
    for (let column = 0; column < to - from; column += 1) {
      const place = chosen?.[column] ?? from + column;
      const value = values[(row - first) * stride + place]!;
      if (!(Math.abs(toInteger(value, point, column)) <= largestInteger(point.bits))) throw outOfRange(name, planes.block.start + row, place, value);
    }
}
