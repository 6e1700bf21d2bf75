import type { Control } from '@fathom/errors';
import { Prng, sharedFloat64 } from '@fathom/exact';
import { cutVectors, emptyVectors, scaleFor } from './byte-digits.js';
import { leadingVectors } from './leading-vectors.js';
import type { FilledOptions } from './nmf-options.js';
import type { PlanedChunks } from './planed-chunks.js';
import { sweepChunk } from './sweep-chunk.js';

/** Where a factorisation starts. */
export interface NmfStart {
  /** r × d, not yet of unit length. */
  readonly atoms: Float64Array;
  /** n × r; shared between threads. */
  readonly codes: Float64Array;
}

/**
 * NNDSVD (Boutsidis and Gallopoulos 2008): atom j and its codes are the positive or the negative parts of the j-th pair of
 * singular vectors, whichever pair of parts has the larger product of norms (the positive one on ties), scaled by the root of
 * singular value × that product; of the first pair, the magnitudes. Zeros stay zeros: the sweeps that follow can leave them.
 * Beyond the rank of A an atom starts as uniform seeded numbers in [0, 1) with codes 0.
 */
export async function nndsvdStart(rows: PlanedChunks, options: FilledOptions, control: Control): Promise<NmfStart> {
  const { rows: n, columns: d } = rows;
  const r = options.atoms;
  const { rank, singularValues, vectors } = await leadingVectors(rows, r, options, control);
  const atoms = new Float64Array(r * d);
  const codes = sharedFloat64(n * r);
  const projections = sharedFloat64(n * rank); // σ·u
  if (rank > 0) {
    const digits = emptyVectors(rank, d, 3);
    cutVectors(vectors, rows.scale, digits);
    const codeScale = new Float64Array(rank).fill(scaleFor(rows.longest * (1 + 1 / 1024), 3));
    await rows.forEach(control, ({ start, rows: count, planes }) => {
      const into = projections.subarray(start * rank, (start + count) * rank);
      return rows.crew.run(sweepChunk, { planes, codes: into, into, codeScale, vectors: digits });
    });
  }
  const left = partNorms(projections, n, rank);
  const factors = new Float64Array(rank); // below 0 where the negative parts are kept; 0 where nothing is
  for (let j = 0; j < rank; j++) {
    const vector = vectors.subarray(j * d, (j + 1) * d);
    const right = partNorms(vector, d, 1);
    const sign = right.positive[0]! * left.positive[j]! >= right.negative[0]! * left.negative[j]! ? 1 : -1;
    const part = j === 0 ? 'whole' : sign > 0 ? 'positive' : 'negative';
    const [rightNorm, leftNorm] = [right[part][0]!, left[part][j]!];
    if (!(rightNorm > 0 && leftNorm > 0)) continue;
    // As σ·u is what was projected, leftNorm·rightNorm is already singular value × product of norms.
    const size = Math.sqrt(j === 0 ? singularValues[0]! : leftNorm * rightNorm);
    factors[j] = (sign * size) / leftNorm;
    for (let c = 0; c < d; c++) atoms[j * d + c] = (partOf(vector[c]!, sign, j) * size) / rightNorm;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < rank; j++) codes[i * r + j] = partOf(projections[i * rank + j]!, factors[j]!, j);
  const random = new Prng(options.seed, `${options.stream}/start`);
  for (let j = 0; j < r; j++) if (j >= rank || factors[j] === 0) for (let c = 0; c < d; c++) atoms[j * d + c] = random.uniform();
  return { atoms, codes };
}

/** The part of factor·x that is above 0; of the first pair its magnitude. */
function partOf(x: number, factor: number, j: number): number {
  return j === 0 ? Math.abs(factor * x) : Math.max(0, factor * x);
}

/** Norms of each column of a matrix, row by row, and of its positive and negative parts. */
function partNorms(values: Float64Array, rows: number, columns: number): Record<'positive' | 'negative' | 'whole', Float64Array> {
  const positive = new Float64Array(columns);
  const negative = new Float64Array(columns);
  for (let at = 0; at < rows * columns; at += columns)
    for (let j = 0; j < columns; j++) {
      const x = values[at + j]!;
      const part = x > 0 ? positive : negative;
      part[j] = part[j]! + x * x;
    }
  const whole = positive.map((square, j) => Math.sqrt(square + negative[j]!));
  return { positive: positive.map(Math.sqrt), negative: negative.map(Math.sqrt), whole };
}
