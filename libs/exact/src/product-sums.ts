import { mergeColumns, type ColumnIntegers } from './byte-planes.js';
import { allEnded, type Crew } from './crew.js';
import { integerSums, mergeIntegers, type IntegerSums } from './integer-sums.js';
import { multiplyTiles, type RightHand } from './multiply-tiles.js';
import type { SharedRoom } from './shared-room.js';
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
    await addBlock(sums, left, right, index === 0, crew);
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

async function addBlock(sums: ProductSums, left: PlanedBlock, right: readonly PlanedBlock[], isFirst: boolean, crew: Crew): Promise<void> {
  const { block, columns: d } = left.planes;
  block.counts.forEach((count, group) => (sums.rows[group] = sums.rows[group]! + count));
  mergeColumns(sums.x, left.sums);
  right.forEach((z, index) => mergeColumns(sums.z[index]!.columns, z.sums));
  const rights: RightHand[] = right.map(({ planes }, index) => ({ planes, into: sums.z[index]!.cross, isGram: false }));
  if (sums.gram) rights.unshift({ planes: left.planes, into: sums.gram, isGram: true });
  const tasks: Promise<void>[] = [];
  const height = leftColumns(d, block.counts.length, crew.hands);
  // The last columns have most of a Gram matrix to do: begun first, all hands end at about the same time.
  for (let from = Math.floor((d - 1) / height) * height; from >= 0; from -= height)
    block.counts.forEach((count, group) => {
      if (count > 0 || isFirst)
        tasks.push(crew.run(multiplyTiles, { left: left.planes, group, from, to: Math.min(from + height, d), rights, isFirst }));
    });
  await allEnded(tasks);
}

/** Columns of X to a task: as many as a product likes, but few enough that all hands have about as much to do. */
function leftColumns(d: number, groups: number, hands: number): number {
  const isShared = (tasks: number): boolean => tasks >= 4 * hands || (tasks >= 2 * hands && tasks % hands === 0);
  let columns = 512;
  while (columns > 128 && !isShared(Math.ceil(d / columns) * groups)) columns /= 2;
  return columns;
}
