import { InputError, unwatched, type Control } from '@fathom/errors';
import { MOST_STEPS, Prng, sharedFloat64, type Crew } from '@fathom/exact';
import { rowSource, type RowSource } from '@fathom/tensors';
import { assignChunk, cutCentres } from './assign-chunk.js';
import { ROUND } from './byte-digits.js';
import { PlanedChunks } from './planed-chunks.js';
import { requireCount } from './row-blocks.js';

/** How rows are grouped. */
export interface KMeansOptions {
  /** Number of clusters, 1 to the number of rows. */
  readonly clusters: number;
  /** Where the first centres come from; an integer, 0..2^53−1. */
  readonly seed: number;
  /** Whether rows and centres are brought to unit length, so that directions are grouped; a zero row stays zero. @default true */
  readonly spherical?: boolean;
  /** Passes over the rows at the latest, at least 1. @default 300 */
  readonly maxPasses?: number;
  /** Rows that are read at a time, 1 to 65,536. Changes the memory that is needed, never a bit of the result. @default 2048 */
  readonly blockRows?: number;
  /** Bytes of rows that are kept in memory, 4 a value; rows beyond are read again in every pass. At least 0. @default 2^30 */
  readonly keptBytes?: number;
}

/** Groups of rows. */
export interface KMeans {
  /** clusters × d row-major: means of their rows, of unit length where spherical (or zero). */
  readonly centres: Float64Array;
  /** For each row its nearest centre, the first of equals. */
  readonly assignment: Int32Array;
  /** Squared distances of the rows to their centres, added up in row order. */
  readonly inertia: number;
  /** Passes over the rows that were made, 1..maxPasses. */
  readonly passes: number;
  /** Whether the last pass moved no row; else the passes ran out. */
  readonly converged: boolean;
}

/**
 * k-means by Lloyd's algorithm from k-means++ centres. Rows are read in uncentred 16-bit fixed point (docs/measures.md §10.2), their sums
 * are exact integers, centres enter products with 24 bits: the same bits for any blocks, crew and engine. A centre without rows
 * becomes the row that is farthest from its own centre (of equals the first; each such row serves once); where no row is away from its
 * centre, it stays. Progress counts passes.
 * Costs 24·n·d·clusters operations on bytes and n·d additions a pass, and clusters short passes for the start.
 * @throws InputError naming row and column of a value that is not finite or 1e150 or more, and where an option is wrong
 */
export async function fitKMeans(source: RowSource, options: KMeansOptions, crew: Crew, control: Control = unwatched): Promise<KMeans> {
  const { clusters, seed, spherical = true, maxPasses = 300, blockRows = 2048, keptBytes = 2 ** 30 } = options;
  requireCount(`rows of ${source.name}`, source.rows);
  requireCount('clusters', clusters, source.rows);
  requireCount('maxPasses', maxPasses);
  requireCount('blockRows', blockRows, MOST_STEPS);
  if (!(keptBytes >= 0)) throw new InputError({ field: 'keptBytes', problem: 'out of range', value: keptBytes, accepted: 'a number of at least 0' });
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new InputError({ field: 'seed', problem: 'not a seed', value: seed, accepted: 'an integer from 0 to 2^53 − 1' });
  const read = spherical ? unitRows(source) : source;
  const rows = await PlanedChunks.open(read, { chunkRows: blockRows, keptBytes, negative: true }, crew, control);
  return new Clusters(rows, read, spherical).fit(clusters, seed, maxPasses, control);
}

/** The clusters while they are looked for. */
class Clusters {
  private readonly nearest: Int32Array;
  private readonly distances: Float64Array;

  constructor(
    private readonly rows: PlanedChunks,
    private readonly source: RowSource,
    private readonly spherical: boolean,
  ) {
    this.nearest = new Int32Array(new SharedArrayBuffer(4 * rows.rows));
    this.distances = sharedFloat64(rows.rows);
  }

  async fit(clusters: number, seed: number, maxPasses: number, control: Control): Promise<KMeans> {
    const { nearest, distances, rows } = this;
    const centres = await this.firstCentres(clusters, seed, control);
    const sums = Array.from({ length: rows.lanes }, () => sharedFloat64(centres.length));
    let before = new Int32Array(rows.rows).fill(-1);
    for (let passes = 1; ; passes++) {
      for (const part of sums) part.fill(0);
      await this.assign(centres, control, sums);
      const converged = nearest.every((centre, row) => centre === before[row]);
      control.progress(passes, maxPasses);
      if (converged || passes === maxPasses) {
        let inertia = 0;
        for (let row = 0; row < distances.length; row++) inertia += distances[row]!;
        return { centres, assignment: nearest.slice(), inertia, passes, converged };
      }
      before = nearest.slice();
      await this.move(centres, clusters, sums);
    }
  }

  /** k-means++ (Arthur and Vassilvitskii 2007): each further centre is a row, drawn by its squared distance to the nearest so far. */
  private async firstCentres(clusters: number, seed: number, control: Control): Promise<Float64Array> {
    const { rows, distances } = this;
    const random = new Prng(seed, 'k-means/start');
    const centres = new Float64Array(clusters * rows.columns);
    const least = new Float64Array(rows.rows).fill(Infinity);
    let chosen = Math.min(rows.rows - 1, Math.floor(random.uniform() * rows.rows));
    for (let j = 0; ; j++) {
      const centre = await this.row(chosen);
      centres.set(centre, j * rows.columns);
      if (j === clusters - 1) return centres;
      await this.assign(centre, control);
      let total = 0;
      for (let row = 0; row < least.length; row++) {
        least[row] = Math.min(least[row]!, distances[row]!);
        total += least[row]!;
      }
      chosen = drawn(least, random.uniform() * total);
    }
  }

  private async assign(centres: Float64Array, control: Control, sums?: readonly Float64Array[]): Promise<void> {
    const { rows, nearest, distances } = this;
    const cut = cutCentres(centres, rows.scale);
    await rows.forEach(control, ({ start, rows: count, planes, lane }) =>
      rows.crew.run(assignChunk, {
        planes,
        scale: rows.scale,
        centres: cut,
        nearest: nearest.subarray(start, start + count),
        distances: distances.subarray(start, start + count),
        ...(sums ? { sums: sums[lane]! } : {}),
      }),
    );
  }

  /** Moves the centres to the means of their rows. */
  private async move(centres: Float64Array, clusters: number, sums: readonly Float64Array[]): Promise<void> {
    const { rows, nearest, distances } = this;
    const d = rows.columns;
    const counts = new Float64Array(clusters);
    for (const centre of nearest) counts[centre] = counts[centre]! + 1;
    for (let j = 0; j < clusters; j++) {
      if (counts[j] === 0) {
        const row = farthest(distances);
        if (distances[row] === 0) continue;
        distances[row] = 0;
        centres.set(await this.row(row), j * d);
        continue;
      }
      for (let c = 0; c < d; c++) {
        let sum = 0;
        for (const part of sums) sum += part[j * d + c]!;
        centres[j * d + c] = sum / rows.scale[c]! / counts[j]!;
      }
      if (this.spherical) toUnit(centres, j * d, d);
    }
  }

  /** A row as the products see it. */
  private async row(index: number): Promise<Float64Array> {
    const { scale } = this.rows;
    return (await this.source.read(index, index + 1)).map((x, c) => (x * scale[c]! + ROUND - ROUND) / scale[c]!);
  }
}

/** The first row whose running sum of weights passes a number; the last with a weight where rounding leaves none, the first row where all are 0. */
function drawn(weights: Float64Array, at: number): number {
  let sum = 0;
  let last = 0;
  for (let row = 0; row < weights.length; row++) {
    if (weights[row] === 0) continue;
    sum += weights[row]!;
    last = row;
    if (sum > at) break;
  }
  return last;
}

function farthest(distances: Float64Array): number {
  let best = 0;
  for (let row = 1; row < distances.length; row++) if (distances[row]! > distances[best]!) best = row;
  return best;
}

/** The rows of a source, brought to unit length; zero rows stay. */
function unitRows(source: RowSource): RowSource {
  const { name, rows, columns } = source;
  return rowSource({ name, rows, columns, precision: 'F64' }, async (start, end, out) => {
    const values = await source.read(start, end);
    for (let at = 0; at < values.length; at += columns) toUnit(values, at, columns);
    out.set(values);
  });
}

/** Divides by the largest size first, so that squares neither overflow nor vanish. What is not finite stays as it is. */
function toUnit(values: Float64Array, start: number, d: number): void {
  let largest = 0;
  for (let c = start; c < start + d; c++) largest = Math.max(largest, Math.abs(values[c]!));
  if (!(largest > 0 && largest <= Number.MAX_VALUE)) return;
  let square = 0;
  for (let c = start; c < start + d; c++) square += (values[c]! / largest) * (values[c]! / largest);
  const length = Math.sqrt(square);
  for (let c = start; c < start + d; c++) values[c] = values[c]! / largest / length;
}
