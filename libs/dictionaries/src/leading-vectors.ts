import type { Control } from '@fathom/errors';
import { Prng } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';
import type { NmfOptions } from './nmf-options.js';
import { forEachBlock } from './row-blocks.js';
import { addProductOverRows, innerProducts } from './row-products.js';
import { fixSign, symmetricEigen } from './symmetric-eigen.js';

/** The right singular vectors of A with the largest singular values. */
export interface LeadingVectors {
  /** How many there are: at most what was asked for, and none with a singular value below 1e-6 of the largest. */
  readonly rank: number;
  /** rank values, falling. */
  readonly singularValues: Float64Array;
  /** rank × d unit rows; in each the entry of largest magnitude is positive. */
  readonly vectors: Float64Array;
}

/** Up to so many columns AᵀA is decomposed whole, which is exact; beyond, a subspace is iterated. */
const WHOLE_GRAM_COLUMNS = 256;
const EXTRA_DIRECTIONS = 10;
const POWER_STEPS = 15;
/** Of the largest eigenvalue of AᵀA. Rounding leaves about d·1e-16 of it in the ones that are zero. */
const LEAST_EIGENVALUE = 1e-12;

/**
 * The `most` leading right singular vectors of A [n, d], never holding more of A than a block.
 * d ≤ 256: the eigenvectors of AᵀA by Jacobi rotations. Larger d: 15 steps of seeded subspace iteration with 10 extra
 * directions; vectors whose singular values nearly tie with those left out are then approximate, which a start may be.
 */
export async function leadingVectors(source: RowSource, most: number, options: Required<NmfOptions>, control: Control): Promise<LeadingVectors> {
  const d = source.columns;
  if (d <= WHOLE_GRAM_COLUMNS) {
    const gram = new Float64Array(d * d);
    await forEachBlock(source, options.blockRows, control, (block, _start, rows) => addProductOverRows(gram, block, 0, d, block, d, rows));
    const { values, vectors } = symmetricEigen(gram, d);
    return largest(values, vectors, d, most);
  }
  const q = Math.min(most + EXTRA_DIRECTIONS, source.rows, d);
  const basis = new Float64Array(q * d);
  new Prng(options.seed, `${options.stream}/subspace`).fillGaussian(basis);
  orthonormalise(basis, q, d);
  for (let step = 0; step < POWER_STEPS; step++) {
    const next = new Float64Array(q * d);
    await project(source, basis, q, options, control, (projected, block, rows) => addProductOverRows(next, projected, 0, q, block, d, rows));
    orthonormalise(next, q, d);
    basis.set(next);
  }
  const gram = new Float64Array(q * q);
  await project(source, basis, q, options, control, (projected, _block, rows) => addProductOverRows(gram, projected, 0, q, projected, q, rows));
  const inner = symmetricEigen(gram, q);
  const vectors = new Float64Array(q * d);
  for (let i = 0; i < q; i++)
    for (let j = 0; j < q; j++) for (let c = 0; c < d; c++) vectors[i * d + c] = vectors[i * d + c]! + inner.vectors[i * q + j]! * basis[j * d + c]!;
  for (let i = 0; i < q; i++) fixSign(vectors, i * d, d);
  return largest(inner.values, vectors, d, most);
}

async function project(
  source: RowSource,
  basis: Float64Array,
  q: number,
  options: Required<NmfOptions>,
  control: Control,
  visit: (projected: Float64Array, block: Float64Array, rows: number) => void,
): Promise<void> {
  const projected = new Float64Array(Math.min(options.blockRows, source.rows) * q);
  await forEachBlock(source, options.blockRows, control, (block, _start, rows) => {
    innerProducts(projected, 0, block, rows, basis, q, source.columns);
    visit(projected, block, rows);
  });
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
