import { addProducts } from './add-products.js';
import { columnTiles, groupBytes, TILE_COLUMNS, type BytePlanes } from './byte-planes.js';
import { copyColumns } from './copy-columns.js';
import type { Task } from './crew.js';
import type { IntegerEngine, ProductShape } from './integer-engine.js';
import type { IntegerSums } from './integer-sums.js';
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
    const own = copiedTile(left, group, from, 'own');
    const lefts = turnedDigits(own, digits, steps, from, to);
    for (const { planes, into, isGram } of rights) {
      for (const piece of isGram ? piecesBelow(from, to) : columnTiles(planes.columns)) {
        const top = isGram ? Math.max(from, piece.from) : from;
        const columns = piece.to - piece.from;
        const bytes = isGram && piece.to > own.first ? someColumns(own, digits * steps, piece) : copiedTile(planes, group, piece.from, 'right').bytes;
        const operands: Operands = {
          shape: { rows: to - top, steps, columns },
          left: (digit, row = 0) => lefts[digit]!.subarray((top - from + row) * steps),
          right: (digit) => bytes.subarray((digits - 1 - digit) * steps * columns, (digits - digit) * steps * columns),
        };
        const products = await digitProducts(operands, digits, isGram && piece.from === top, engine);
        const at = (group * left.columns + top) * planes.columns + piece.from;
        addProducts(into, products, digits, { rows: to - top, columns, at, stride: planes.columns, isFirst });
      }
    }
  },
};

/** Columns of a Gram matrix at a time where the diagonal is: few, since most of what is above it is worked out for nothing. */
const DIAGONAL = 256;

interface Columns {
  readonly from: number;
  readonly to: number;
}

/** Columns 0..from−1 by tiles, and then from..to−1, through which the diagonal goes. */
function piecesBelow(from: number, to: number): Columns[] {
  const through = Array.from({ length: Math.ceil((to - from) / DIAGONAL) }, (_, piece) => from + piece * DIAGONAL);
  return [...columnTiles(from), ...through.map((start) => ({ from: start, to: Math.min(start + DIAGONAL, to) }))];
}

/** What is multiplied: digits of the left columns, from a row of the product on, and of the right ones. */
interface Operands {
  readonly shape: ProductShape;
  readonly left: (digit: number, row?: number) => Uint8Array;
  readonly right: (digit: number) => Int8Array;
}

/** Each digit of the left columns times each of the right ones; where a square on the diagonal is on top, one product serves two digits there. */
async function digitProducts({ shape, left, right }: Operands, digits: number, isDiagonal: boolean, engine: IntegerEngine): Promise<Int32Array[]> {
  const { rows, columns } = shape;
  const products: Int32Array[] = [];
  for (let one = 0; one < digits; one += 1)
    for (let other = 0; other < digits; other += 1) {
      const out = threadArray(`product ${one} ${other}`, Int32Array, rows * columns);
      const known = isDiagonal && other < one ? columns : 0;
      if (known > 0) transpose(products[other * digits + one]!, columns, out);
      if (rows > known) await engine.product(left(one, known), right(other), { ...shape, rows: rows - known }, out.subarray(known * columns));
      products.push(out);
    }
  return products;
}

function transpose(square: Int32Array, size: number, out: Int32Array): void {
  for (let row = 0, at = 0; row < size; row += 1) for (let column = 0; column < size; column += 1, at += 1) out[column * size + row] = square[at]!;
}

/** One group's bytes of a tile: the last digit's rows first. */
interface Tile {
  readonly first: number;
  readonly width: number;
  readonly bytes: Int8Array;
}

/** The tile that a column is in, in memory of this thread: engines would copy what is shared for each product. */
function copiedTile(planes: BytePlanes, group: number, column: number, name: string): Tile {
  const first = Math.floor(column / TILE_COLUMNS) * TILE_COLUMNS;
  const shared = groupBytes(planes, group, first);
  const bytes = threadArray(name, Int8Array, shared.length);
  bytes.set(shared);
  return { first, width: Math.min(planes.columns - first, TILE_COLUMNS), bytes };
}

/** Some columns of a tile. */
function someColumns({ first, width, bytes }: Tile, rows: number, { from, to }: Columns): Int8Array {
  if (to - from === width) return bytes;
  const out = threadArray('right', Int8Array, rows * (to - from));
  copyColumns(bytes, width, rows, from - first, to - first, out);
  return out;
}

/** The digits of columns from..to−1, the first digit first, transposed and plus 128: columns × rows. */
function turnedDigits({ first, width, bytes }: Tile, digits: number, rows: number, from: number, to: number): Uint8Array[] {
  return Array.from({ length: digits }, (_, digit) => {
    const out = threadArray(`left ${digit}`, Uint8Array, (to - from) * rows);
    const plane = bytes.subarray((digits - 1 - digit) * rows * width, (digits - digit) * rows * width);
    transposeBiased(plane, width, rows, from - first, to - first, out);
    return out;
  });
}
