import { columnTiles, mergeColumns, TILE_COLUMNS, type BytePlanes, type ColumnIntegers, type ColumnRange } from './byte-planes.js';
import { allEnded, sharedFloat64, type Crew } from './crew.js';
import { cutColumns, type CutInput } from './cut-columns.js';
import type { FixedPoint } from './fixed-point.js';
import { integerSums, type IntegerSums } from './integer-sums.js';
import { rowBlock, type RowGroups } from './row-groups.js';
import { SharedRoom } from './shared-room.js';

/** Rows of a matrix that can be read into memory that threads share. */
export interface ReadableRows {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** The smaller float type that holds its values exactly. */
  readonly precision: 'F32' | 'F64';
  /** Rows start..end−1, row-major. */
  readInto(start: number, end: number, out: Float32Array | Float64Array): Promise<void>;
}

/** How rows are cut. */
export interface PlanedOptions {
  /** Of the columns of the matrix as it is read. */
  readonly point: FixedPoint;
  readonly groups: RowGroups;
  /** Rows of a block, at most {@link MOST_BLOCK_ROWS}. */
  readonly blockRows: number;
  /** Which columns. @default all */
  readonly columns?: Uint32Array;
  /** Memory for a block that does not stay: it is let go of when the next one is asked for. @default memory of its own */
  readonly room?: SharedRoom;
  /** Bytes of planes that stay in memory, so that a second pass need not read them again. @default 0 */
  readonly keptBytes?: number;
}

/** Sums of the columns of some rows. */
interface ColumnSums {
  readonly sums: ColumnIntegers;
  /** Rows above 0 of each column, of all groups together. */
  readonly positive: Float64Array;
}

/** A block's bytes, and the sums of its columns. */
export interface PlanedBlock extends ColumnSums {
  readonly planes: BytePlanes;
}

/** Most rows of a block. */
const MOST_BLOCK_ROWS = 20_480;
/** Bytes of planes of one block, and of values that are read at a time. */
const PLANE_BYTES = 2 ** 29;
const READ_BYTES = 2 ** 25;
/** Most columns that a task cuts: whole tiles, and long pieces of rows. */
const CUT_COLUMNS = 8 * TILE_COLUMNS;
/** Rows up to which sums of products of 16-bit numbers stay below 2⁵³. */
const MOST_NARROW_ROWS = 2 ** 22;

/** Rows of a block for matrices of so many columns: a function of their size, not of how many rows there are. */
export function blockRowsFor(columns: number, bits: number): number {
  const fitting = Math.floor((PLANE_BYTES * 8) / (Math.max(1, columns) * bits));
  return Math.max(256, Math.min(MOST_BLOCK_ROWS, fitting - (fitting % 1024)));
}

/** Whether sums over so many rows need an upper limb (docs/measures.md §10.2). */
export function needsTwoLimbs(rows: number, bits: number): boolean {
  return bits > 16 || rows > MOST_NARROW_ROWS;
}

/** A matrix in fixed point, block by block, as the bytes that integer products take. */
export class PlanedRows {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly blocks: number;
  readonly digits: number;
  readonly groups: RowGroups;
  readonly wide: boolean;
  /** Of the chosen columns. */
  readonly point: FixedPoint;
  private readonly kept = new Map<number, Promise<PlanedBlock>>();
  private left: number;
  private ahead: Promise<PlanedBlock> | undefined;

  constructor(
    private readonly source: ReadableRows,
    private readonly options: PlanedOptions,
  ) {
    const { point, columns, groups, blockRows, keptBytes = 0 } = options;
    this.name = source.name;
    this.rows = source.rows;
    this.columns = columns?.length ?? source.columns;
    this.groups = groups;
    this.point = columns === undefined ? point : chosenColumns(point, columns);
    this.digits = point.bits / 8;
    this.blocks = Math.ceil(source.rows / blockRows);
    this.wide = needsTwoLimbs(source.rows, point.bits);
    this.left = keptBytes;
  }

  /** Reads the first block before it is asked for. Never fails: what cannot be read is read again when it is asked for. */
  async readAhead(crew: Crew): Promise<void> {
    const ahead = this.block(0, crew);
    try {
      await ahead;
      this.ahead = ahead;
    } catch {
      // who asks for it is told
    }
  }

  /** Rows of one block, cut into bytes. @throws InputError naming row and column of a value that is not finite or outside of its column's range */
  async block(index: number, crew: Crew): Promise<PlanedBlock> {
    const { ahead } = this;
    this.ahead = undefined;
    const known = this.kept.get(index) ?? (index === 0 ? ahead : undefined);
    if (known !== undefined) return known;
    const bytes = Math.min(this.options.blockRows, this.rows) * this.columns * this.digits;
    const stays = bytes <= this.left;
    const cutting = this.cut(index, crew, stays ? new SharedRoom() : (this.options.room ?? new SharedRoom()));
    if (stays) {
      this.left -= bytes;
      this.kept.set(index, cutting);
      cutting.catch(() => {
        this.left += bytes;
        this.kept.delete(index);
      });
    }
    return cutting;
  }

  private async cut(index: number, crew: Crew, room: SharedRoom): Promise<PlanedBlock> {
    const { source, columns, digits, groups, wide } = this;
    const start = index * this.options.blockRows;
    const rows = Math.min(this.options.blockRows, this.rows - start);
    const block = rowBlock(groups, start, rows);
    room.reuse();
    const planes: BytePlanes = { block, columns, digits, bytes: new Int8Array(room.take(rows * columns * digits), 0, rows * columns * digits) };
    const parts = columnTiles(columns, CUT_COLUMNS);
    // Rows of a reading are shared out, too, and each share is added up on its own.
    const shares = Array.from({ length: Math.min(crew.hands, Math.ceil((4 * crew.hands) / parts.length)) }, (): ColumnSums => {
      const empty = (): IntegerSums => integerSums(groups.groups * columns, wide);
      return { sums: { sum: empty(), squares: empty() }, positive: sharedFloat64(columns) };
    });
    const step = Math.max(1, Math.min(rows, Math.floor(READ_BYTES / (8 * source.columns))));
    const read = async (first: number, buffer: SharedArrayBuffer): Promise<Float32Array | Float64Array> => {
      const length = Math.min(step, rows - first) * source.columns;
      const values = source.precision === 'F32' ? new Float32Array(buffer, 0, length) : new Float64Array(buffer, 0, length);
      await source.readInto(start + first, start + Math.min(first + step, rows), values);
      return values;
    };
    // Two buffers: one is read while the other is cut.
    const buffers = [0, 1].map(() => room.take(step * source.columns * (source.precision === 'F32' ? 4 : 8)));
    let next = read(0, buffers[0]!);
    for (let first = 0, turn = 1; first < rows; first += step, turn = 1 - turn) {
      const values = await next;
      const count = Math.min(step, rows - first);
      const cutting = shares.flatMap((share, index) => {
        const [from, to] = [index, index + 1].map((edge) => Math.floor((edge * count) / shares.length)) as [number, number];
        const some = { values: values.subarray(from * source.columns, to * source.columns), first: first + from, rows: to - from };
        const common = { name: this.name, ...some, stride: source.columns, planes, ...share };
        return to === from ? [] : parts.map((part) => crew.run(cutColumns, { ...common, ...part, ...this.ofColumns(part) }));
      });
      const ahead = first + step < rows ? read(first + step, buffers[turn]!) : undefined;
      await allEnded<unknown>(ahead === undefined ? cutting : [...cutting, ahead]); // what fails leaves nobody behind who writes into the room
      if (ahead !== undefined) next = ahead;
    }
    const [whole, ...rest] = shares;
    for (const share of rest) addColumns(whole!, share);
    return { planes, ...whole! };
  }

  /** What is known of some columns alone: it is copied for each task. */
  private ofColumns({ from, to }: ColumnRange): Pick<CutInput, 'point' | 'chosen'> {
    const { bits, centre, scale } = this.point;
    const chosen = this.options.columns?.slice(from, to);
    return { point: { bits, centre: centre.slice(from, to), scale: scale.slice(from, to) }, ...(chosen ? { chosen } : {}) };
  }
}

function addColumns(into: ColumnSums, from: ColumnSums): void {
  mergeColumns(into.sums, from.sums);
  for (let column = 0; column < into.positive.length; column += 1) into.positive[column] = into.positive[column]! + from.positive[column]!;
}

function chosenColumns(point: FixedPoint, columns: Uint32Array): FixedPoint {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(columns, (column) => values[column]!);
  return { bits: point.bits, centre: pick(point.centre), scale: pick(point.scale) };
}
