import { sharedFloat64, type Task } from '@fathom/exact';
import { cutVectors, emptyVectors, type VectorDigits } from './byte-digits.js';
import type { ChunkPlanes } from './chunk-planes.js';
import { productsWith } from './sweep-chunk.js';

/** Centres of clusters, ready for products with rows in fixed point. */
export interface Centres {
  /** count × d; shared. */
  readonly values: Float64Array;
  readonly vectors: VectorDigits;
  /** ‖c‖²/2 of each. */
  readonly halves: Float64Array;
}

/** Cuts centres (count × d) into digits. */
export function cutCentres(centres: Float64Array, scale: Float64Array): Centres {
  const d = scale.length;
  const count = centres.length / d;
  const vectors = emptyVectors(count, d, 3);
  cutVectors(centres, scale, vectors);
  const halves = Float64Array.from({ length: count }, (_, j) => {
    let sum = 0;
    for (let c = j * d; c < (j + 1) * d; c++) sum += centres[c]! * centres[c]!;
    return sum / 2;
  });
  const values = sharedFloat64(centres.length);
  values.set(centres);
  return { values, vectors, halves };
}

/** Rows of a chunk, and what is written about them; all arrays are shared between threads. */
export interface AssignInput {
  readonly planes: ChunkPlanes;
  readonly scale: Float64Array;
  readonly centres: Centres;
  /** For each row its nearest centre, the first of equals. */
  readonly nearest: Int32Array;
  /** For each row the squared distance to it. */
  readonly distances: Float64Array;
  /** Sums of the rows' integers by nearest centre, count × d; no other task may add at the same time. Nothing is added where absent. */
  readonly sums?: Float64Array;
}

/** Finds the nearest centre of each row. */
export const assignChunk: Task<AssignInput, void> = {
  module: __filename,
  name: 'assignChunk',
  run: async ({ planes, scale, centres, nearest, distances, sums }, engine) => {
    const { values, vectors, halves } = centres;
    const products = await productsWith(planes, 0, planes.rows, vectors, engine);
    for (let row = 0; row < planes.rows; row++) {
      let best = 0;
      let most = -Infinity;
      for (let j = 0; j < vectors.count; j++) {
        const score = products[row * vectors.count + j]! - halves[j]!;
        if (score > most) {
          most = score;
          best = j;
        }
      }
      nearest[row] = best;
      distances[row] = addRow(planes, row, scale, values, best, sums);
    }
  },
};

/** The squared distance of a row to a centre; the row's integers are added to the centre's sums. */
function addRow(
  { columns, right }: ChunkPlanes,
  row: number,
  scale: Float64Array,
  centres: Float64Array,
  centre: number,
  sums: Float64Array | undefined,
): number {
  const from = row * columns;
  const to = centre * columns;
  let square = 0;
  for (let c = 0; c < columns; c++) {
    const q = right.high[from + c]! * 256 + right.low[from + c]!;
    if (sums) sums[to + c] = sums[to + c]! + q;
    const away = q / scale[c]! - centres[to + c]!;
    square += away * away;
  }
  return square;
}
