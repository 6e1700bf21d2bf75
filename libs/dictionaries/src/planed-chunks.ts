import { InputError, type Control } from '@fathom/errors';
import { fixedPoint, type Crew } from '@fathom/exact';
import type { FloatArray, RowSource } from '@fathom/tensors';
import { BYTES_PER_VALUE, chunkRanges, emptyPlanes, type ChunkPlanes, type ChunkValues, type ColumnRanges } from './chunk-planes.js';
import { cutChunk, SQUARES_PER_ROW } from './cut-chunk.js';
import { inLanes, lanesFor } from './in-lanes.js';
import { requireCount } from './row-blocks.js';

/** Most columns: high and low bytes of a row are the steps of one integer product. */
const MOST_COLUMNS = 32_768;

/** Squares of what is larger would not add up to a float64. */
const TOO_LARGE = 1e150;

/** How a matrix is planed. */
export interface ChunkOptions {
  /** Rows of a chunk. Changes the memory that is needed, never a bit of a result. */
  readonly chunkRows: number;
  /** Bytes of planes that are kept from one pass to the next; the chunks beyond are read and cut again in every pass. */
  readonly keptBytes: number;
  /** Whether values may be below 0. */
  readonly negative: boolean;
  /** Of the columns, where it is known. */
  readonly range?: ColumnRanges | undefined;
}

/** Some rows, cut into bytes. */
export interface Chunk {
  readonly start: number;
  readonly rows: number;
  readonly planes: ChunkPlanes;
  /** Which of {@link PlanedChunks.lanes} the chunk is in: two chunks that are visited at the same time are in different ones. */
  readonly lane: number;
}

/** A matrix in 16-bit fixed point, uncentred, chunk by chunk (docs/measures.md §10.2). */
export class PlanedChunks {
  readonly lanes: number;
  private readonly chunks: number;
  private readonly kept = new Map<number, ChunkPlanes>();
  /** Values that were read and are still to be cut. */
  private readonly uncut = new Map<number, ChunkValues>();
  /** Room of each lane for values, and for planes. */
  private readonly values: SharedArrayBuffer[] = [];
  private readonly spare: (SharedArrayBuffer | undefined)[] = [];

  private constructor(
    private readonly source: RowSource,
    private readonly options: ChunkOptions,
    /** The power of two of each column. */
    readonly scale: Float64Array,
    readonly crew: Crew,
  ) {
    this.chunks = Math.ceil(source.rows / options.chunkRows);
    this.lanes = Math.min(lanesFor(crew.hands), this.chunks);
  }

  /** ‖A‖²_F of the rounded matrix. */
  energy = 0;
  /** The same of its high bytes alone. */
  highEnergy = 0;
  /** The same of what the low bytes add to them. */
  lowEnergy = 0;
  /** The largest L2 norm of a row of the rounded matrix. */
  longest = 0;

  get rows(): number {
    return this.source.rows;
  }

  get columns(): number {
    return this.source.columns;
  }

  /**
   * Visits the rows twice: for the ranges of the columns, and to cut them. Those that are kept are read once where they are float32:
   * a chunk's planes take as much room as its values, and each is cut into the room of the one before.
   * @throws InputError naming row and column of a value that is not finite (or negative), where there are no rows or columns or more than
   * 32,768 columns, and for values of 1e150 or more
   */
  static async open(source: RowSource, options: ChunkOptions, crew: Crew, control: Control): Promise<PlanedChunks> {
    const { name, rows, columns } = source;
    requireCount(`rows of ${name}`, rows);
    requireCount(`columns of ${name}`, columns, MOST_COLUMNS);
    const scale = new Float64Array(columns);
    const planed = new PlanedChunks(source, options, scale, crew);
    const { range, negative } = options;
    const isRange = range !== undefined && (negative || range.min.every((least) => least >= 0)); // who finds a negative value says where
    const { min, max } = isRange ? range : await planed.findRange(control);
    if (!max.every((most, c) => Math.max(most, -min[c]!) < TOO_LARGE))
      throw new InputError({
        field: name,
        problem: 'values too large',
        value: max.reduce((most, x) => Math.max(most, x)),
        accepted: 'values below 1e150 in size',
      });
    scale.set(fixedPoint({ min, max }, { bits: 16, centred: false, name }).scale);
    const squares = new Float64Array(SQUARES_PER_ROW * rows);
    await planed.forEach(control, ({ start, squares: own }) => squares.set(own!, SQUARES_PER_ROW * start));
    for (let at = 0; at < squares.length; at += SQUARES_PER_ROW) {
      planed.energy += squares[at]!; // in row order
      planed.highEnergy += squares[at + 1]!;
      planed.lowEnergy += squares[at + 2]!;
      planed.longest = Math.max(planed.longest, Math.sqrt(squares[at]!));
    }
    return planed;
  }

  /** Visits all rows, several chunks at a time, begun in row order. Rows that were cut just now come with their squares. */
  async forEach(control: Control, visit: (chunk: Chunk & { readonly squares?: Float64Array }) => Promise<void> | void): Promise<void> {
    const { source, options, crew, scale, kept } = this;
    await inLanes(this.chunks, this.lanes, async (index, lane) => {
      control.throwIfCancelled();
      const start = index * options.chunkRows;
      const rows = Math.min(options.chunkRows, source.rows - start);
      const known = kept.get(index);
      if (known !== undefined) {
        await visit({ start, rows, lane, planes: known });
        return;
      }
      const values = this.uncut.get(index) ?? (await this.read(start, rows, this.roomFor(this.values, lane, this.valueBytes)));
      const room = this.roomFor(this.spare, lane, BYTES_PER_VALUE);
      const planes = emptyPlanes(rows, source.columns, room);
      const squares = await crew.run(cutChunk, { ...values, scale, planes });
      if (this.isKept(index)) {
        kept.set(index, planes);
        this.spare[lane] = this.uncut.delete(index) ? (values.values.buffer as SharedArrayBuffer) : undefined;
      }
      await visit({ start, rows, lane, planes, squares });
    });
  }

  private async findRange(control: Control): Promise<ColumnRanges> {
    const min = new Float64Array(this.columns).fill(Infinity);
    const max = new Float64Array(this.columns).fill(-Infinity);
    await this.forEachValues(control, async (values) => {
      const ranges = await this.crew.run(chunkRanges, { ...values, negative: this.options.negative });
      for (let c = 0; c < this.columns; c++) {
        min[c] = Math.min(min[c]!, ranges.min[c]!);
        max[c] = Math.max(max[c]!, ranges.max[c]!);
      }
    });
    return { min, max };
  }

  private async forEachValues(control: Control, visit: (values: ChunkValues) => Promise<void>): Promise<void> {
    await inLanes(this.chunks, this.lanes, async (index, lane) => {
      control.throwIfCancelled();
      const start = index * this.options.chunkRows;
      const rows = Math.min(this.options.chunkRows, this.source.rows - start);
      const isKept = this.isKept(index) && this.valueBytes === BYTES_PER_VALUE;
      const values = await this.read(start, rows, isKept ? this.room(BYTES_PER_VALUE) : this.roomFor(this.values, lane, this.valueBytes));
      if (isKept) this.uncut.set(index, values);
      await visit(values);
    });
  }

  private async read(start: number, rows: number, room: SharedArrayBuffer): Promise<ChunkValues> {
    const { name, columns, precision } = this.source;
    const length = rows * columns;
    const values: FloatArray = precision === 'F32' ? new Float32Array(room, 0, length) : new Float64Array(room, 0, length);
    await this.source.readInto(start, start + rows, values);
    return { name, values, firstRow: start, columns };
  }

  private get valueBytes(): number {
    return this.source.precision === 'F32' ? 4 : 8;
  }

  /** Whether a chunk's planes stay in memory. */
  private isKept(index: number): boolean {
    return (index + 1) * this.largest * BYTES_PER_VALUE <= this.options.keptBytes;
  }

  /** Values of the largest chunk. */
  private get largest(): number {
    return Math.min(this.source.rows, this.options.chunkRows) * this.source.columns;
  }

  private room(bytesPerValue: number): SharedArrayBuffer {
    return new SharedArrayBuffer(this.largest * bytesPerValue);
  }

  private roomFor(lanes: (SharedArrayBuffer | undefined)[], lane: number, bytesPerValue: number): SharedArrayBuffer {
    return (lanes[lane] ??= this.room(bytesPerValue));
  }
}
