import { columnTiles, groupBytes, TILE_COLUMNS, type BytePlanes, type ColumnIntegers } from './byte-planes.js';
import type { Crew, Task } from './crew.js';
import { addShifted, integerSums, mergeIntegers, type IntegerSums } from './integer-sums.js';
import type { SharedRoom } from './shared-room.js';
import { threadScratch } from './thread-scratch.js';
import { needsTwoLimbs, type PlanedBlock, type PlanedRows } from './planed-rows.js';

/**
 * Sums over rows, by group: all that means, variances, Gram and cross products are made of. Integers, so that any order of rows,
 * blocks and shards, and any engine, gives the same bits (docs/measures.md §10.2).
 */
export interface ProductSums {
  /** Rows of each group. */
  readonly rows: Float64Array;
  /** Columns of X: groups × d. */
  readonly x: ColumnIntegers;
  /** XᵀX: groups × d × d, of which what is on and below the diagonal counts; absent where not asked for. */
  readonly gram?: IntegerSums;
  /** For each Z: its columns, groups × k, and XᵀZ, groups × d × k. */
  readonly z: readonly { readonly columns: ColumnIntegers; readonly cross: IntegerSums }[];
}

/** Which sums. */
export interface ProductOptions {
  /** Whether XᵀX is wanted. */
  readonly gram: boolean;
  /** Where large sums are kept: those kept there before must not be used any more. @default memory of their own */
  readonly room?: SharedRoom;
}

/** What {@link productSums} may do along the way. */
export interface SumsControl {
  throwIfCancelled(): void;
  /** Rows that are summed, and rows in all. */
  progress(done: number, total: number): void;
}

/**
 * Sums of products of the columns of X with one another and with those of each Z, all with the same rows, groups and blocks.
 * Memory: one block of each, and 8 bytes × groups × d × (d + k).
 *
 * @throws InputError naming row and column of a value that is not finite or outside of its column's range
 */
export async function productSums(
  x: PlanedRows,
  zs: readonly PlanedRows[],
  { gram, room }: ProductOptions,
  crew: Crew,
  control: SumsControl,
): Promise<ProductSums> {
  room?.reuse();
  const sums = emptySums(x, zs, gram, room);
  for (let index = 0; index < x.blocks; index += 1) {
    control.throwIfCancelled();
    const left = await x.block(index, crew);
    const right: PlanedBlock[] = [];
    for (const z of zs) right.push(await z.block(index, crew));
    await addBlock(sums, left, right, crew);
    const { start, rows } = left.planes.block;
    control.progress(start + rows, x.rows);
  }
  return sums;
}

/** Adds the sums over other rows; they stay as they are. */
export function mergeSums(into: ProductSums, from: ProductSums): void {
  into.rows.forEach((rows, group) => (into.rows[group] = rows + from.rows[group]!));
  mergeColumns(into.x, from.x);
  if (into.gram && from.gram) mergeIntegers(into.gram, from.gram);
  into.z.forEach((z, index) => {
    mergeColumns(z.columns, from.z[index]!.columns);
    mergeIntegers(z.cross, from.z[index]!.cross);
  });
}

function emptySums(x: PlanedRows, zs: readonly PlanedRows[], gram: boolean, room: SharedRoom | undefined): ProductSums {
  const { groups } = x.groups;
  const columns = ({ columns: count, wide }: PlanedRows): ColumnIntegers => ({
    sum: integerSums(groups * count, wide),
    squares: integerSums(groups * count, wide),
  });
  const wide = needsTwoLimbs(x.rows, 8 * x.digits);
  return {
    rows: new Float64Array(groups),
    x: columns(x),
    ...(gram ? { gram: integerSums(groups * x.columns * x.columns, wide, room) } : {}),
    z: zs.map((z) => ({ columns: columns(z), cross: integerSums(groups * x.columns * z.columns, wide, room) })),
  };
}

function mergeColumns(into: ColumnIntegers, from: ColumnIntegers): void {
  mergeIntegers(into.sum, from.sum);
  mergeIntegers(into.squares, from.squares);
}

async function addBlock(sums: ProductSums, left: PlanedBlock, right: readonly PlanedBlock[], crew: Crew): Promise<void> {
  const { block, columns: d } = left.planes;
  block.counts.forEach((count, group) => (sums.rows[group] = sums.rows[group]! + count));
  mergeColumns(sums.x, left.sums);
  right.forEach((z, index) => mergeColumns(sums.z[index]!.columns, z.sums));
  const tasks: Promise<void>[] = [];
  const height = leftColumns(d, block.counts.length, crew.hands);
  block.counts.forEach((count, group) => {
    if (count === 0) return;
    for (let from = 0; from < d; from += height) {
      const to = Math.min(from + height, d, (Math.floor(from / TILE_COLUMNS) + 1) * TILE_COLUMNS);
      const rights: RightHand[] = right.map(({ planes }, index) => ({ planes, into: sums.z[index]!.cross, lowerOnly: false }));
      if (sums.gram) rights.unshift({ planes: left.planes, into: sums.gram, lowerOnly: true });
      tasks.push(crew.run(multiplyTiles, { left: left.planes, group, from, to, rights }));
    }
  });
  const failed = (await Promise.allSettled(tasks)).find((task) => task.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Columns of X to a task: few enough that all hands have some, and as many as a product likes. A divisor of the tile's width. */
function leftColumns(d: number, groups: number, hands: number): number {
  let columns = 512;
  while (columns > 128 && Math.ceil(d / columns) * groups < 4 * hands) columns /= 2;
  return columns;
}

/** What the columns of X are multiplied with, and where the products are added. */
interface RightHand {
  readonly planes: BytePlanes;
  /** groups × d × columns */
  readonly into: IntegerSums;
  /** Whether only columns up to the last of X's own count. */
  readonly lowerOnly: boolean;
}

interface MultiplyInput {
  readonly left: BytePlanes;
  readonly group: number;
  readonly from: number;
  readonly to: number;
  readonly rights: readonly RightHand[];
}

/** Adds the products of some columns of X, of one group's rows, with all columns of other matrices. */
export const multiplyTiles: Task<MultiplyInput, void> = {
  module: __filename,
  name: 'multiplyTiles',
  run: async ({ left, group, from, to, rights }, engine) => {
    const steps = left.block.counts[group]!;
    const levels = levelsOf(left.digits);
    const lefts = transposedLevels(left, group, from, to, levels);
    for (const { planes, into, lowerOnly } of rights) {
      for (const tile of columnTiles(planes.columns)) {
        if (lowerOnly && tile.from >= to) break;
        // Of a tile on the diagonal only the columns up to the last of X's own.
        const columns = (lowerOnly ? Math.min(tile.to, to) : tile.to) - tile.from;
        const right = firstColumns(groupBytes(planes, group, tile.from), tile.to - tile.from, columns);
        const outs: Int32Array[] = [];
        for (const [level, { count, position }] of levels.entries()) {
          const size = (to - from) * columns;
          const out = new Int32Array(threadScratch(`out ${level}`, 4 * size)).subarray(0, size);
          const factor = right.subarray(position * steps * columns, (position + count) * steps * columns);
          await engine.product(lefts[level]!, factor, { rows: to - from, steps: count * steps, columns }, out);
          outs.push(out);
        }
        const at = (group * left.columns + from) * planes.columns + tile.from;
        addLevels(into, outs, levels, { rows: to - from, columns, at, stride: planes.columns });
      }
    }
  },
};

/** The first columns of a matrix of bytes, in memory of this thread: engines would copy what is shared for each product. */
function firstColumns(bytes: Int8Array, width: number, columns: number): Int8Array {
  const rows = bytes.length / width;
  const out = new Int8Array(threadScratch('right', rows * columns)).subarray(0, rows * columns);
  if (columns === width) out.set(bytes);
  else for (let row = 0; row < rows; row += 1) out.set(bytes.subarray(row * width, row * width + columns), row * columns);
  return out;
}

/** Digit products of one weight: left digits first..first+count−1, with the right digits at `position` of their stack. */
interface Level {
  readonly first: number;
  readonly count: number;
  readonly position: number;
  /** log₂ of the weight. */
  readonly shift: number;
}

function levelsOf(digits: number): readonly Level[] {
  return Array.from({ length: 2 * digits - 1 }, (_, level) => {
    const first = Math.max(0, level - digits + 1);
    return { first, count: Math.min(level, digits - 1) - first + 1, position: digits - 1 - level + first, shift: 8 * (2 * digits - 2 - level) };
  });
}

/** For each level: its digits of the chosen columns, transposed and plus 128: columns × (digits × rows). */
function transposedLevels(planes: BytePlanes, group: number, from: number, to: number, levels: readonly Level[]): Uint8Array[] {
  const { digits, columns } = planes;
  const rows = planes.block.counts[group]!;
  const tile = Math.floor(from / TILE_COLUMNS) * TILE_COLUMNS;
  const width = Math.min(columns - tile, TILE_COLUMNS);
  const bytes = groupBytes(planes, group, tile);
  const turned = Array.from({ length: digits }, (_, digit) => {
    const out = new Uint8Array(threadScratch(`digit ${digit}`, (to - from) * rows)).subarray(0, (to - from) * rows);
    transposeBiased(bytes.subarray((digits - 1 - digit) * rows * width, (digits - digit) * rows * width), width, rows, from - tile, to - tile, out);
    return out;
  });
  return levels.map(({ first, count }, level) => {
    if (count === 1) return turned[first]!;
    const size = (to - from) * count * rows;
    const out = new Uint8Array(threadScratch(`level ${level}`, size)).subarray(0, size);
    for (let column = 0; column < to - from; column += 1)
      for (let digit = 0; digit < count; digit += 1)
        out.set(turned[first + digit]!.subarray(column * rows, (column + 1) * rows), (column * count + digit) * rows);
    return out;
  });
}

const EDGE = 64;

/** out[c − from][r] = source[r][c] + 128, in squares that stay in the cache. */
function transposeBiased(source: Int8Array, width: number, rows: number, from: number, to: number, out: Uint8Array): void {
  for (let top = 0; top < rows; top += EDGE) {
    const bottom = Math.min(rows, top + EDGE);
    for (let left = from; left < to; left += EDGE) {
      const right = Math.min(to, left + EDGE);
      for (let column = left; column < right; column += 1) {
        const line = (column - from) * rows;
        for (let row = top; row < bottom; row += 1) out[line + row] = source[row * width + column]! + 128;
      }
    }
  }
}

/** Adds int32 matrices, each with its weight, to a part of the sums. */
function addLevels(
  into: IntegerSums,
  outs: readonly Int32Array[],
  levels: readonly Level[],
  { rows, columns, at, stride }: { rows: number; columns: number; at: number; stride: number },
): void {
  const { low, high } = into;
  if (high === undefined && outs.length === 3) {
    const [top, middle, bottom] = outs as [Int32Array, Int32Array, Int32Array];
    for (let row = 0, from = 0; row < rows; row += 1) {
      let to = at + row * stride;
      for (const end = from + columns; from < end; from += 1, to += 1)
        low[to] = low[to]! + (top[from]! * 65_536 + middle[from]! * 256 + bottom[from]!);
    }
    return;
  }
  outs.forEach((out, level) => {
    const { shift } = levels[level]!;
    for (let row = 0, from = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1, from += 1) addShifted(into, at + row * stride + column, out[from]!, shift);
  });
}
