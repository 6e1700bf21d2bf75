import { columnTiles, groupBytes, TILE_COLUMNS, type BytePlanes } from './byte-planes.js';
import type { Task } from './crew.js';
import type { IntegerEngine } from './integer-engine.js';
import { addShifted, type IntegerSums } from './integer-sums.js';
import { threadArray } from './thread-array.js';
import { transposeBiased } from './transpose-biased.js';

/** What the columns of X are multiplied with, and where the products are added. */
export interface RightHand {
  readonly planes: BytePlanes;
  /** groups × d × columns; where `isFirst`, of which nothing is known. */
  readonly into: IntegerSums;
  /** Whether it is X itself: then only what is on and below the diagonal is wanted. */
  readonly isGram: boolean;
}

interface MultiplyInput {
  readonly left: BytePlanes;
  readonly group: number;
  /** The chosen columns of X, all in one tile. */
  readonly from: number;
  readonly to: number;
  readonly rights: readonly RightHand[];
  /** Whether nothing was added before. */
  readonly isFirst: boolean;
}

/** Adds the products of some columns of X, of one group's rows, with all columns of other matrices. */
export const multiplyTiles: Task<MultiplyInput, void> = {
  module: __filename,
  name: 'multiplyTiles',
  run: async ({ left, group, from, to, rights, isFirst }, engine) => {
    const { digits } = left;
    const steps = left.block.counts[group]!;
    const lefts = transposedDigits(left, group, from, to);
    for (const { planes, into, isGram } of rights) {
      for (const piece of isGram ? piecesBelow(planes.columns, from, to) : columnTiles(planes.columns)) {
        const columns = piece.to - piece.from;
        const shape = { rows: to - from, steps, columns };
        const bytes = copiedColumns(planes, group, piece.from, piece.to);
        const right = (digit: number): Int8Array => bytes.subarray((digits - 1 - digit) * steps * columns, (digits - digit) * steps * columns);
        const products = await digitProducts(lefts, right, shape, isGram && piece.from === from, engine);
        const at = (group * left.columns + from) * planes.columns + piece.from;
        addProducts(into, products, digits, { rows: to - from, columns, at, stride: planes.columns, isFirst });
      }
    }
  },
};

/** Columns 0..from−1 by tiles, and then from..to−1, which are on the diagonal. */
function piecesBelow(columns: number, from: number, to: number): { from: number; to: number }[] {
  const before = columnTiles(columns).filter((tile) => tile.from < from);
  return [...before.map((tile) => ({ from: tile.from, to: Math.min(tile.to, from) })), { from, to }];
}

/** Each digit of the left columns times each of the right ones; of columns with themselves one product serves two digits. */
async function digitProducts(
  lefts: readonly Uint8Array[],
  right: (digit: number) => Int8Array,
  shape: { rows: number; steps: number; columns: number },
  isDiagonal: boolean,
  engine: IntegerEngine,
): Promise<Int32Array[]> {
  const digits = lefts.length;
  const size = shape.rows * shape.columns;
  const products: Int32Array[] = [];
  for (let one = 0; one < digits; one += 1)
    for (let other = 0; other < digits; other += 1) {
      const out = threadArray(`product ${one} ${other}`, Int32Array, size);
      if (isDiagonal && other < one) transpose(products[other * digits + one]!, shape.rows, out);
      else await engine.product(lefts[one]!, right(other), shape, out);
      products.push(out);
    }
  return products;
}

function transpose(square: Int32Array, size: number, out: Int32Array): void {
  for (let row = 0, at = 0; row < size; row += 1) for (let column = 0; column < size; column += 1, at += 1) out[column * size + row] = square[at]!;
}

/** Some columns of a tile, in memory of this thread: engines would copy what is shared for each product. Digits × rows × columns. */
function copiedColumns(planes: BytePlanes, group: number, from: number, to: number): Int8Array {
  const { first, width } = tileOf(planes, from);
  const bytes = groupBytes(planes, group, first);
  const columns = to - from;
  const rows = bytes.length / width;
  const out = threadArray('right', Int8Array, rows * columns);
  if (columns === width) out.set(bytes);
  else for (let row = 0; row < rows; row += 1) out.set(bytes.subarray(row * width + from - first, row * width + to - first), row * columns);
  return out;
}

/** The digits of the chosen columns, the first digit first, transposed and plus 128: columns × rows. */
function transposedDigits(planes: BytePlanes, group: number, from: number, to: number): Uint8Array[] {
  const { digits } = planes;
  const rows = planes.block.counts[group]!;
  const { first, width } = tileOf(planes, from);
  const bytes = groupBytes(planes, group, first);
  return Array.from({ length: digits }, (_, digit) => {
    const out = threadArray(`left ${digit}`, Uint8Array, (to - from) * rows);
    const plane = bytes.subarray((digits - 1 - digit) * rows * width, (digits - digit) * rows * width);
    transposeBiased(plane, width, rows, from - first, to - first, out);
    return out;
  });
}

/** The tile that a column is in. */
function tileOf({ columns }: BytePlanes, column: number): { first: number; width: number } {
  const first = Math.floor(column / TILE_COLUMNS) * TILE_COLUMNS;
  return { first, width: Math.min(columns - first, TILE_COLUMNS) };
}

/** Adds products of digits, each with its weight, to a part of the sums. */
function addProducts(
  into: IntegerSums,
  products: readonly Int32Array[],
  digits: number,
  { rows, columns, at, stride, isFirst }: { rows: number; columns: number; at: number; stride: number; isFirst: boolean },
): void {
  const { low, high } = into;
  for (let row = 0; row < rows; row += 1) {
    const begin = at + row * stride;
    if (isFirst) {
      low.fill(0, begin, begin + columns);
      high?.fill(0, begin, begin + columns);
    }
    if (high === undefined && digits === 2) addShortRow(low, begin, products, row * columns, columns);
    else
      products.forEach((product, index) => {
        const shift = 8 * (2 * digits - 2 - Math.floor(index / digits) - (index % digits));
        for (let column = 0; column < columns; column += 1) addShifted(into, begin + column, product[row * columns + column]!, shift);
      });
  }
}

function addShortRow(low: Float64Array, to: number, products: readonly Int32Array[], from: number, columns: number): void {
  const [top, left, right, bottom] = products as [Int32Array, Int32Array, Int32Array, Int32Array];
  for (let column = 0; column < columns; column += 1) {
    const at = from + column;
    low[to + column] = low[to + column]! + (top[at]! * 65_536 + (left[at]! + right[at]!) * 256 + bottom[at]!);
  }
}
