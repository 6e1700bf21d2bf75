import { InputError, type Control } from '@fathom/errors';
import { fixedPoint, type Crew } from '@fathom/exact';
import type { FloatArray, RowSource } from '@fathom/tensors';
import { BYTES_PER_VALUE, chunkRanges, cutChunk, emptyPlanes, type ChunkPlanes, type ChunkValues } from './chunk-planes.js';
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
  private readonly values: SharedArrayBuffer[] = [];
  private readonly spare: SharedArrayBuffer[] = [];

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
  /** The largest L2 norm of a row of the rounded matrix. */
  longest = 0;

  get rows(): number {
    return this.source.rows;
  }

  get columns(): number {
    return this.source.columns;
  }

  /**
   * Reads the rows twice: for the ranges of the columns, and to cut them.
   * @throws InputError naming row and column of a value that is not finite (or negative), where there are no rows or columns or more than
   * 32,768 columns, and for values of 1e150 or more
   */
  static async open(source: RowSource, options: ChunkOptions, crew: Crew, control: Control): Promise<PlanedChunks> {
    const { name, rows, columns } = source;
    requireCount(`rows of ${name}`, rows);
    requireCount(`columns of ${name}`, columns, MOST_COLUMNS);
    const scale = new Float64Array(columns);
    const planed = new PlanedChunks(source, options, scale, crew);
    const min = new Float64Array(columns).fill(Infinity);
    const max = new Float64Array(columns).fill(-Infinity);
    await planed.forEachValues(control, async (values) => {
      const ranges = await crew.run(chunkRanges, { ...values, negative: options.negative });
      for (let c = 0; c < columns; c++) {
        min[c] = Math.min(min[c]!, ranges.min[c]!);
        max[c] = Math.max(max[c]!, ranges.max[c]!);
      }
    });
    if (!max.every((most, c) => Math.max(most, -min[c]!) < TOO_LARGE))
      throw new InputError({
        field: name,
        problem: 'values too large',
        value: max.reduce((most, x) => Math.max(most, x)),
        accepted: 'values below 1e150 in size',
      });
    scale.set(fixedPoint({ min, max }, { bits: 16, centred: false }).scale);
    const squares = new Float64Array(rows);
    await planed.forEach(control, ({ start, squares: own }) => squares.set(own!, start));
    for (const square of squares) {
      planed.energy += square; // in row order
      planed.longest = Math.max(planed.longest, Math.sqrt(square));
    }
    return planed;
  }

  /** Visits all rows, several chunks at a time, begun in row order. The squared norms of rows that were cut just now come with them. */
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
      const planes = this.planesFor(index, rows, lane);
      const values = await this.read(start, rows, lane);
      const squares = await crew.run(cutChunk, { ...values, scale, planes });
      await visit({ start, rows, lane, planes, squares });
    });
  }

  private async forEachValues(control: Control, visit: (values: ChunkValues) => Promise<void>): Promise<void> {
    await inLanes(this.chunks, this.lanes, async (index, lane) => {
      control.throwIfCancelled();
      const start = index * this.options.chunkRows;
      await visit(await this.read(start, Math.min(this.options.chunkRows, this.source.rows - start), lane));
    });
  }

  private async read(start: number, rows: number, lane: number): Promise<ChunkValues> {
    const { name, columns, precision, rows: all } = this.source;
    const size = precision === 'F32' ? 4 : 8;
    const buffer = (this.values[lane] ??= new SharedArrayBuffer(Math.min(all, this.options.chunkRows) * columns * size));
    const length = rows * columns;
    const values: FloatArray = precision === 'F32' ? new Float32Array(buffer, 0, length) : new Float64Array(buffer, 0, length);
    await this.source.readInto(start, start + rows, values);
    return { name, values, firstRow: start, columns };
  }

  private planesFor(index: number, rows: number, lane: number): ChunkPlanes {
    const { columns, rows: all } = this.source;
    const largest = Math.min(all, this.options.chunkRows) * columns * BYTES_PER_VALUE;
    if ((index + 1) * largest > this.options.keptBytes) {
      return emptyPlanes(rows, columns, (this.spare[lane] ??= new SharedArrayBuffer(largest)));
    }
    const planes = emptyPlanes(rows, columns, new SharedArrayBuffer(rows * columns * BYTES_PER_VALUE));
    this.kept.set(index, planes);
    return planes;
  }
}
