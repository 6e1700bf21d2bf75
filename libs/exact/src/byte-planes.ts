import type { Task } from './crew.js';
import { largestInteger, outOfRange, ROUND, type FixedPoint } from './fixed-point.js';
import { addInteger, type IntegerSums } from './integer-sums.js';
import type { RowBlock } from './row-groups.js';

/** Columns whose bytes lie side by side. */
export const TILE_COLUMNS = 1024;

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

/** Tiles of columns: first column and the one after the last. */
export function columnTiles(columns: number): readonly { readonly from: number; readonly to: number }[] {
  return Array.from({ length: Math.ceil(columns / TILE_COLUMNS) }, (_, tile) => ({
    from: tile * TILE_COLUMNS,
    to: Math.min(columns, (tile + 1) * TILE_COLUMNS),
  }));
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

/** Some rows of a block that are to be cut into bytes. */
export interface CutInput {
  readonly name: string;
  /** Rows first..first+rows−1 of the block, all columns; shared. */
  readonly values: Float32Array | Float64Array;
  readonly first: number;
  readonly rows: number;
  /** Which columns of `values` are the matrix's; all where absent. */
  readonly chosen?: Uint32Array;
  /** Columns of `values`. */
  readonly stride: number;
  /** The tile's columns of the matrix. */
  readonly from: number;
  readonly to: number;
  readonly point: FixedPoint;
  readonly planes: BytePlanes;
  readonly sums: ColumnIntegers;
}

/** Writes a tile of bytes and adds up its columns. @throws InputError naming row and column of a value outside of its column's range */
export const cutTile: Task<CutInput, void> = {
  module: __filename,
  name: 'cutTile',
  run: async ({ name, values, first, rows, chosen, stride, from, to, point, planes, sums }) => {
    const { block, digits, columns } = planes;
    const width = to - from;
    const centre = point.centre.slice(from, to);
    const scale = point.scale.slice(from, to);
    const source = chosen?.slice(from, to);
    const groups = block.counts.map((_, group) => groupBytes(planes, group, from));
    const integers = new Int32Array(width);
    for (let row = first; row < first + rows; row += 1) {
      const group = block.group[row]!;
      const at = (row - first) * stride;
      const picked = source === undefined ? values.subarray(at + from, at + to) : Float64Array.from(source, (column) => values[at + column]!);
      const wrong = roundRow(picked, centre, scale, largestInteger(point.bits), integers);
      if (wrong >= 0) throw outOfRange(name, block.start + row, source ? source[wrong]! : from + wrong, picked[wrong]!);
      const plane = block.counts[group]! * width;
      writeDigits(integers, groups[group]!, block.place[row]! * width, plane, digits);
      addColumns(sums, group * columns + from, integers);
    }
  },
};

/** Values as integers. Returns the place of the first that is too large or no number, or −1. */
function roundRow(values: Float32Array | Float64Array, centre: Float64Array, scale: Float64Array, most: number, out: Int32Array): number {
  let wrong = -1;
  for (let column = out.length - 1; column >= 0; column -= 1) {
    const q = (values[column]! - centre[column]!) * scale[column]! + ROUND - ROUND;
    if (!(q <= most && q >= -most)) wrong = column;
    out[column] = q;
  }
  return wrong;
}

/** The last digit at `at`, the one before it a plane later, and so on. */
function writeDigits(integers: Int32Array, bytes: Int8Array, at: number, plane: number, digits: number): void {
  const width = integers.length;
  if (digits === 2) {
    // A byte keeps the last eight bits of what is written to it: of q its last digit.
    for (let column = 0; column < width; column += 1) {
      const q = integers[column]!;
      bytes[at + column] = q;
      bytes[at + plane + column] = (q + 128) >> 8;
    }
    return;
  }
  for (let column = 0; column < width; column += 1) {
    const q = integers[column]!;
    const rest = (q + 128) >> 8;
    bytes[at + column] = q;
    bytes[at + plane + column] = rest;
    bytes[at + 2 * plane + column] = (rest + 128) >> 8;
  }
}

/** Adds a row of integers, and their squares, to sums that begin at `at`. */
export function addColumns({ sum, squares }: ColumnIntegers, at: number, integers: Int32Array | Float64Array): void {
  const width = integers.length;
  if (squares.high !== undefined) {
    for (let column = 0; column < width; column += 1) {
      addInteger(sum, at + column, integers[column]!);
      addInteger(squares, at + column, integers[column]! * integers[column]!);
    }
    return;
  }
  const [sums, energies] = [sum.low, squares.low];
  for (let column = 0; column < width; column += 1) {
    const q = integers[column]!;
    sums[at + column] = sums[at + column]! + q;
    energies[at + column] = energies[at + column]! + q * q;
  }
}
