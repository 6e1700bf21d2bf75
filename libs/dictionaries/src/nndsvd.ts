import type { Control } from '@fathom/errors';
import { Prng, sharedFloat64 } from '@fathom/exact';
import { cutVectors, emptyVectors, scaleFor } from './byte-digits.js';
import { leadingVectors } from './leading-vectors.js';
import type { NmfOptions } from './nmf-options.js';
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
export async function nndsvdStart(rows: PlanedChunks, options: Required<NmfOptions>, control: Control): Promise<NmfStart> {
  const { rows: n, columns: d } = rows;
  const r = options.atoms;
  const { rank, singularValues, vectors } = await leadingVectors(rows, r, options, control);
  const atoms = new Float64Array(r * d);
  const codes = sharedFloat64(n * r);
  if (rank > 0) {
    const projections = sharedFloat64(n * rank);
    const digits = emptyVectors(rank, d, 3);
    cutVectors(vectors, rows.scale, digits);
    const codeScale = new Float64Array(rank).fill(scaleFor(rows.longest * (1 + 1 / 1024), 3));
    await rows.forEach(control, ({ start, rows: count, planes }) => {
      const into = projections.subarray(start * rank, (start + count) * rank);
      return rows.crew.run(sweepChunk, { planes, codes: into, into, codeScale, vectors: digits });
    });
    for (let i = 0; i < n; i++) codes.set(projections.subarray(i * rank, (i + 1) * rank), i * r);
  }
  const random = new Prng(options.seed, `${options.stream}/start`);
  for (let j = 0; j < r; j++) {
    if (j < rank) atoms.set(vectors.subarray(j * d, (j + 1) * d), j * d);
    if (j >= rank || !keepParts(atoms, j, d, codes, n, r, singularValues[j]!)) {
      for (let i = 0; i < n; i++) codes[i * r + j] = 0;
      for (let c = 0; c < d; c++) atoms[j * d + c] = random.uniform();
    }
  }
  return { atoms, codes };
}

/** Turns v_j (in `atoms`) and σ_j·u_j (in `codes`) into the start of atom j; false where nothing of them is left. */
function keepParts(atoms: Float64Array, j: number, d: number, codes: Float64Array, n: number, r: number, singularValue: number): boolean {
  const right = partNorms(atoms, j * d, 1, d);
  const left = partNorms(codes, j, r, n);
  const first = j === 0;
  const positive = right.positive * left.positive;
  const negative = right.negative * left.negative;
  const sign = positive >= negative ? 1 : -1;
  const rightNorm = first ? right.whole : sign > 0 ? right.positive : right.negative;
  const leftNorm = first ? left.whole : sign > 0 ? left.positive : left.negative;
  if (!(rightNorm > 0 && leftNorm > 0)) return false;
  // left holds σ·u, so that leftNorm·rightNorm is already singular value × product of norms.
  const size = first ? Math.sqrt(singularValue) : Math.sqrt(leftNorm * rightNorm);
  const part = (x: number): number => (first ? Math.abs(x) : Math.max(0, sign * x));
  for (let c = 0; c < d; c++) atoms[j * d + c] = (part(atoms[j * d + c]!) / rightNorm) * size;
  for (let i = 0; i < n; i++) codes[i * r + j] = (part(codes[i * r + j]!) / leftNorm) * size;
  return true;
}

function partNorms(values: Float64Array, start: number, step: number, count: number): { positive: number; negative: number; whole: number } {
  let positive = 0;
  let negative = 0;
  for (let i = 0; i < count; i++) {
    const x = values[start + i * step]!;
    if (x > 0) positive += x * x;
    else negative += x * x;
  }
  return { positive: Math.sqrt(positive), negative: Math.sqrt(negative), whole: Math.sqrt(positive + negative) };
}
