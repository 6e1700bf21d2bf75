import type { Control } from '@fathom/errors';
import { Prng, sharedFloat64 } from '@fathom/exact';
import { cutVectors, emptyVectors, scaleFor } from './byte-digits.js';
import { crossOf, emptySums, gramOf, type CodeSums } from './code-sums.js';
import type { NmfOptions } from './nmf-options.js';
import type { PlanedChunks } from './planed-chunks.js';
import { sweepChunk } from './sweep-chunk.js';
import { fixSign, symmetricEigen } from './symmetric-eigen.js';

/** The right singular vectors of A with the largest singular values. */
export interface LeadingVectors {
  /** How many there are: at most what was asked for, and none with a singular value below 1e-5 of the largest. */
  readonly rank: number;
  /** rank values, falling. */
  readonly singularValues: Float64Array;
  /** rank × d unit rows; in each the entry of largest magnitude is positive. */
  readonly vectors: Float64Array;
}

/** Up to so many columns AᵀA is decomposed whole, which is exact; beyond, a subspace is iterated. */
const WHOLE_GRAM_COLUMNS = 256;
const EXTRA_DIRECTIONS = 10;
/** Looks at all rows: each but the last turns the subspace towards the leading vectors. */
const LOOKS = 3;
/** Of the largest eigenvalue of AᵀA. Rounding to 16 bits leaves about 1e-11 of it in the ones that are zero. */
const LEAST_EIGENVALUE = 1e-10;

/**
 * The `most` leading right singular vectors of A [n, d] in fixed point. d ≤ 256: the eigenvectors of AᵀA by Jacobi rotations. Larger
 * d: seeded subspace iteration with 10 extra directions, in three looks at the rows; vectors whose singular values nearly tie with
 * those left out are then approximate, which a start may be.
 */
export async function leadingVectors(rows: PlanedChunks, most: number, options: Required<NmfOptions>, control: Control): Promise<LeadingVectors> {
  const d = rows.columns;
  if (d <= WHOLE_GRAM_COLUMNS) {
    const identity = new Float64Array(d * d);
    for (let c = 0; c < d; c++) identity[c * d + c] = 1;
    const gram = gramOf(await projectedSums(rows, identity, rows.scale, 0, control), d, rows.scale); // the rows themselves, exactly
    const { values, vectors } = symmetricEigen(gram, d);
    return largest(values, vectors, d, most);
  }
  const q = Math.min(most + EXTRA_DIRECTIONS, rows.rows, d);
  const codeScale = new Float64Array(q).fill(scaleFor(rows.longest * (1 + 1 / 1024), 3));
  let basis = new Float64Array(q * d);
  new Prng(options.seed, `${options.stream}/subspace`).fillGaussian(basis);
  orthonormalise(basis, q, d);
  for (let look = 1; look < LOOKS; look++) {
    basis = crossOf(await projectedSums(rows, basis, codeScale, d, control), q, d, 0, d, codeScale, rows.scale);
    orthonormalise(basis, q, d);
  }
  return turned(gramOf(await projectedSums(rows, basis, codeScale, 0, control), q, codeScale), basis, q, d, most);
}

/** PᵀP for the projections P of the rows on vectors, rounded by `codeScale`, and PᵀA where `columns` is d; none of it where that is 0. */
async function projectedSums(
  rows: PlanedChunks,
  vectors: Float64Array,
  codeScale: Float64Array,
  columns: number,
  control: Control,
): Promise<readonly CodeSums[]> {
  const count = codeScale.length;
  const digits = emptyVectors(count, rows.columns, 3);
  cutVectors(vectors, rows.scale, digits);
  const parts = Array.from({ length: rows.lanes }, () => emptySums(count, columns, 3));
  const projections: Float64Array[] = [];
  await rows.forEach(control, ({ rows: height, planes, lane }) => {
    const known = projections[lane];
    const codes = known && known.length >= height * count ? known : (projections[lane] = sharedFloat64(height * count));
    const into = codes.subarray(0, height * count);
    return rows.crew.run(sweepChunk, { planes, codes: into, into, codeScale, vectors: digits, sums: parts[lane]! });
  });
  return parts;
}

/** The singular vectors within a subspace, from its orthonormal basis (q × d) and what it makes of AᵀA. */
function turned(gram: Float64Array, basis: Float64Array, q: number, d: number, most: number): LeadingVectors {
  const inner = symmetricEigen(gram, q);
  const vectors = new Float64Array(q * d);
  for (let i = 0; i < q; i++)
    for (let j = 0; j < q; j++) for (let c = 0; c < d; c++) vectors[i * d + c] = vectors[i * d + c]! + inner.vectors[i * q + j]! * basis[j * d + c]!;
  for (let i = 0; i < q; i++) fixSign(vectors, i * d, d);
  return largest(inner.values, vectors, d, most);
}

function largest(values: Float64Array, vectors: Float64Array, d: number, most: number): LeadingVectors {
  const least = LEAST_EIGENVALUE * values[0]!;
  let rank = 0;
  while (rank < Math.min(most, values.length) && values[rank]! > least) rank++;
  return { rank, singularValues: Float64Array.from(values.subarray(0, rank), Math.sqrt), vectors: vectors.slice(0, rank * d) };
}

/** Gram–Schmidt on the rows, twice each so that rounding leaves nothing; a row that depends on earlier ones becomes zero. */
function orthonormalise(rows: Float64Array, q: number, d: number): void {
  for (let i = 0; i < q; i++) {
    const before = length(rows, i * d, d);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        let dot = 0;
        for (let c = 0; c < d; c++) dot += rows[i * d + c]! * rows[j * d + c]!;
        for (let c = 0; c < d; c++) rows[i * d + c] = rows[i * d + c]! - dot * rows[j * d + c]!;
      }
    }
    const after = length(rows, i * d, d);
    const scale = after > 1e-12 * before ? 1 / after : 0;
    for (let c = 0; c < d; c++) rows[i * d + c] = rows[i * d + c]! * scale;
  }
}

function length(rows: Float64Array, start: number, d: number): number {
  let sum = 0;
  for (let c = 0; c < d; c++) sum += rows[start + c]! * rows[start + c]!;
  return Math.sqrt(sum);
}
