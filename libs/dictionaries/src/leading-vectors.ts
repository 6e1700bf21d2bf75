import type { Control } from '@fathom/errors';
import { Prng, sharedFloat64 } from '@fathom/exact';
import { cutVectors, emptyVectors, scaleFor, type Digits } from './byte-digits.js';
import { crossOf, emptySums, gramOf, type CodeSums } from './code-sums.js';
import type { FilledOptions } from './nmf-options.js';
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
/** Of the largest eigenvalue of AᵀA. Rounding to 16 bits leaves about 1e-11 of it in the ones that are zero. */
const LEAST_EIGENVALUE = 1e-10;

/**
 * The `most` leading right singular vectors of A [n, d] in fixed point. d ≤ 256: the eigenvectors of AᵀA by Jacobi rotations. Larger
 * d: seeded subspace iteration with 10 extra directions, in three looks at the rows; vectors whose singular values nearly tie with
 * those left out are then approximate, which a start may be.
 */
export async function leadingVectors(rows: PlanedChunks, most: number, options: FilledOptions, control: Control): Promise<LeadingVectors> {
  const d = rows.columns;
  if (d <= WHOLE_GRAM_COLUMNS) {
    const identity = new Float64Array(d * d);
    for (let c = 0; c < d; c++) identity[c * d + c] = 1;
    const gram = gramOf(await projectedSums(rows, identity, rows.scale, GRAM_LOOK, control), d, rows.scale); // the rows themselves, exactly
    const { values, vectors } = symmetricEigen(gram, d);
    return largest(values, vectors, d, most);
  }
  const q = Math.min(most + EXTRA_DIRECTIONS, rows.rows, d);
  const unitFor = (digits: Digits) => new Float64Array(q).fill(scaleFor(rows.longest * (1 + 1 / 1024), digits));
  let basis = new Float64Array(q * d);
  new Prng(options.seed, `${options.stream}/subspace`).fillGaussian(basis);
  for (let i = 0; i < q; i++) scale(basis, i * d, d, 1 / length(basis, i * d, d));
  for (const look of TURNING_LOOKS) {
    const unit = unitFor(look.digits);
    basis = crossOf(await projectedSums(rows, basis, unit, look, control), q, d, 0, d, unit, rows.scale);
    orthonormalise(basis, q, d);
  }
  const unit = unitFor(GRAM_LOOK.digits);
  return turned(gramOf(await projectedSums(rows, basis, unit, GRAM_LOOK, control), q, unit), basis, q, d, most);
}

/** How all rows are looked at. */
interface Look {
  /** Of vectors and projections. */
  readonly digits: Digits;
  /** Whether the high bytes stand for the rows. */
  readonly isCoarse: boolean;
  /** Whether PᵀA is wanted beside PᵀP. */
  readonly isCross: boolean;
}

/** Each turns the subspace towards the leading vectors: by high bytes first, which leaves vectors that are none of the rows', then exactly. */
const TURNING_LOOKS: readonly Look[] = [
  { digits: 2, isCoarse: true, isCross: true },
  { digits: 2, isCoarse: false, isCross: true },
];
const GRAM_LOOK: Look = { digits: 3, isCoarse: false, isCross: false };

/** PᵀP, or PᵀA, for the projections P of the rows on vectors, rounded by `codeScale`. */
async function projectedSums(
  rows: PlanedChunks,
  vectors: Float64Array,
  codeScale: Float64Array,
  { digits, isCoarse, isCross }: Look,
  control: Control,
): Promise<readonly CodeSums[]> {
  const count = codeScale.length;
  const cut = emptyVectors(count, rows.columns, digits);
  cutVectors(vectors, rows.scale, cut);
  const parts = Array.from({ length: rows.lanes }, () => emptySums(count, isCross ? rows.columns : 0, digits));
  const projections: Float64Array[] = [];
  await rows.forEach(control, ({ rows: height, planes, lane }) => {
    const known = projections[lane];
    const codes = known && known.length >= height * count ? known : (projections[lane] = sharedFloat64(height * count));
    const into = codes.subarray(0, height * count);
    return rows.crew.run(sweepChunk, { planes, codes: into, into, codeScale, vectors: cut, sums: parts[lane]!, isCoarse });
  });
  return parts;
}

/** The singular vectors within a subspace, from its orthonormal basis (q × d) and what it makes of AᵀA. */
function turned(gram: Float64Array, basis: Float64Array, q: number, d: number, most: number): LeadingVectors {
  const inner = symmetricEigen(gram, q);
  const kept = Math.min(most, q);
  const vectors = new Float64Array(kept * d);
  for (let i = 0; i < kept; i++)
    for (let j = 0; j < q; j++) {
      const weight = inner.vectors[i * q + j]!;
      for (let c = 0; c < d; c++) vectors[i * d + c] = vectors[i * d + c]! + weight * basis[j * d + c]!;
    }
  for (let i = 0; i < kept; i++) fixSign(vectors, i * d, d);
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
    scale(rows, i * d, d, after > 1e-12 * before ? 1 / after : 0);
  }
}

function scale(rows: Float64Array, start: number, d: number, factor: number): void {
  for (let c = start; c < start + d; c++) rows[c] = rows[c]! * factor;
}

function length(rows: Float64Array, start: number, d: number): number {
  let sum = 0;
  for (let c = 0; c < d; c++) sum += rows[start + c]! * rows[start + c]!;
  return Math.sqrt(sum);
}
