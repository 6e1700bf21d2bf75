import { addProducts } from './add-products.js';
import { columnTiles, groupBytes, type BytePlanes } from './byte-planes.js';
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
  /** The chosen columns of X. */
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
    const lefts = turnedDigits(left, group, from, to);
    for (const { planes, into, isGram } of rights) {
      // Of a Gram matrix, tiles right of the diagonal are left out.
      for (const tile of columnTiles(planes.columns).filter((tile) => !isGram || tile.from < to)) {
        const columns = tile.to - tile.from;
        const bytes = copiedTile(planes, group, tile.from);
        const right = (digit: number): Int8Array => bytes.subarray((digits - 1 - digit) * steps * columns, (digits - digit) * steps * columns);
        const operands: Operands = { digits, shape: { rows: to - from, steps, columns }, left: lefts, right };
        const isDiagonal = isGram && tile.from >= from && tile.to <= to;
        const top = isDiagonal ? tile.from : from;
        const products = isDiagonal ? await diagonalProducts(operands, top - from, engine) : await allProducts(operands, engine);
        const at = (group * left.columns + top) * planes.columns + tile.from;
        addProducts(into, products, digits, { rows: to - top, columns, at, stride: planes.columns, isFirst });
      }
    }
  },
};

/** What is multiplied: digits of the left columns, and of a tile of the right ones. */
interface Operands {
  readonly digits: number;
  readonly shape: ProductShape;
  /** Digits × rows × steps. */
  readonly left: Uint8Array;
  readonly right: (digit: number) => Int8Array;
}

/** Each digit of the left columns times each of the right ones. */
async function allProducts({ digits, shape, left, right }: Operands, engine: IntegerEngine): Promise<Int32Array[]> {
  const area = shape.rows * shape.columns;
  const products: Int32Array[] = [];
  for (let other = 0; other < digits; other += 1) {
    const out = threadArray(`products ${other}`, Int32Array, digits * area);
    await engine.product(left, right(other), { ...shape, rows: digits * shape.rows }, out); // all left digits at once: an engine prepares the right one once
    for (let one = 0; one < digits; one += 1) products[one * digits + other] = out.subarray(one * area, (one + 1) * area);
  }
  return products;
}

/**
 * The same for the rows of the left columns from `top` on, where a square on the diagonal comes first: there one product serves two digits.
 */
async function diagonalProducts({ digits, shape, left, right }: Operands, top: number, engine: IntegerEngine): Promise<Int32Array[]> {
  const { steps, columns } = shape;
  const products: Int32Array[] = [];
  for (let one = 0; one < digits; one += 1)
    for (let other = 0; other < digits; other += 1) {
      const rows = shape.rows - top;
      const out = threadArray(`product ${one} ${other}`, Int32Array, rows * columns);
      const known = other < one ? columns : 0;
      if (known > 0) transpose(products[other * digits + one]!, columns, out);
      const own = left.subarray((shape.rows * one + top + known) * steps, shape.rows * (one + 1) * steps);
      if (rows > known) await engine.product(own, right(other), { steps, columns, rows: rows - known }, out.subarray(known * columns));
      products.push(out);
    }
  return products;
}

function transpose(square: Int32Array, size: number, out: Int32Array): void {
  for (let row = 0, at = 0; row < size; row += 1) for (let column = 0; column < size; column += 1, at += 1) out[column * size + row] = square[at]!;
}

/** Bytes that are copied at a time. */
const PIECE = 2 ** 17;

/** One group's bytes of the tile that begins at a column, in memory of this thread: engines would copy what is shared for each product. */
function copiedTile(planes: BytePlanes, group: number, from: number): Int8Array {
  const shared = groupBytes(planes, group, from);
  const bytes = threadArray('right', Int8Array, shared.length);
  // What is shared is copied at twice the speed in pieces that fit a cache.
  for (let at = 0; at < shared.length; at += PIECE) bytes.set(shared.subarray(at, at + PIECE), at);
  return bytes;
}

/** The digits of columns from..to−1 in one group's rows, the first digit first, transposed and plus 128: digits × columns × rows. */
function turnedDigits(planes: BytePlanes, group: number, from: number, to: number): Uint8Array {
  const { digits, block, columns } = planes;
  const rows = block.counts[group]!;
  const size = (to - from) * rows;
  const turned = threadArray('left', Uint8Array, digits * size);
  const tiles = columnTiles(columns).filter((tile) => tile.to > from && tile.from < to);
  for (let digit = 0; digit < digits; digit += 1)
    for (const tile of tiles) {
      const [first, end, width] = [Math.max(from, tile.from), Math.min(to, tile.to), tile.to - tile.from];
      const plane = groupBytes(planes, group, tile.from).subarray((digits - 1 - digit) * rows * width, (digits - digit) * rows * width);
      const out = turned.subarray(digit * size + (first - from) * rows, digit * size + (end - from) * rows);
      transposeBiased(plane, width, rows, first - tile.from, end - tile.from, out);
    }
  return turned;
}
