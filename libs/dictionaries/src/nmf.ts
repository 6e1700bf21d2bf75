import { unwatched, type Control } from '@fathom/errors';
import { sharedFloat64, type Crew } from '@fathom/exact';
import { memoryRows, type RowSource } from '@fathom/tensors';
import { cutVectors, emptyVectors, scaleFor } from './byte-digits.js';
import { emptySums, gramOf, type CodeSums } from './code-sums.js';
import { resolveNmfOptions, type NmfOptions } from './nmf-options.js';
import { nndsvdStart } from './nndsvd.js';
import { PlanedChunks } from './planed-chunks.js';
import { requireMatrix } from './row-blocks.js';
import { innerProducts } from './row-products.js';
import { sweepAtoms, type AtomsOutcome } from './sweep-atoms.js';
import { sweepChunk } from './sweep-chunk.js';

/** A ≈ Z·D with nothing below zero. */
export interface NmfFit {
  /** D, r × d row-major, rows of unit L2 norm; an atom that no row uses is zero. */
  readonly atoms: Float64Array;
  /** Z, n × r row-major, with the scale; rounded to 2⁻²³ of the largest length of a row. {@link NnlsEncoder} makes codes of full accuracy. */
  readonly codes: Float64Array;
  /** ‖A − ZD‖²_F of A in 16-bit fixed point, good to about 1e-15 of ‖A‖²_F. */
  readonly loss: number;
  /** loss / ‖A‖²_F, 0..1; 0 where A is zero. */
  readonly relativeLoss: number;
  /** The loss at the start, and after each sweep. */
  readonly losses: readonly number[];
  /** Sweeps over the rows that were made, 1..maxSweeps. */
  readonly sweeps: number;
  /** Whether the last sweep lowered the loss by less than the tolerance; else the sweeps ran out. */
  readonly converged: boolean;
  /** Number of zero atoms. */
  readonly deadAtoms: number;
}

/**
 * Non-negative matrix factorisation of an n × d row-major matrix of this process (docs/measures.md §1a); see {@link fitNmfStreamed}.
 * @throws InputError when the array is not n × d, an entry is negative or not finite (named by row and column), or an option is wrong
 */
export async function fitNmf(
  rows: Float32Array | Float64Array,
  n: number,
  d: number,
  options: NmfOptions,
  crew: Crew,
  control: Control = unwatched,
): Promise<NmfFit> {
  requireMatrix('activations', rows, n, d);
  return fitNmfStreamed(memoryRows('activations', rows, n, d), options, crew, control);
}

/**
 * Non-negative matrix factorisation by HALS from an NNDSVD start (docs/measures.md §1a), one update of all codes and one of all atoms
 * a sweep. A code needs its own row and D alone, and D needs no more of the rows than ZᵀA and ZᵀZ. Rows are read in 16-bit fixed
 * point (§10.2), codes are kept to 24 bits, atoms enter products with 24 bits; ZᵀA and ZᵀZ are exact sums: the same bits for any
 * chunks, crew and engine. Rows that do not fit into `keptBytes` are read again in every sweep; the codes (n × r) are always held.
 * Progress counts sweeps. Costs about 24·n·d·r operations on bytes and n·r² multiply-adds a sweep.
 * @throws InputError as {@link fitNmf}, naming the source; CANCELLED when `control` says so
 */
export async function fitNmfStreamed(source: RowSource, options: NmfOptions, crew: Crew, control: Control = unwatched): Promise<NmfFit> {
  const filled = resolveNmfOptions(options);
  const r = filled.atoms;
  const rows = await PlanedChunks.open(source, { chunkRows: filled.blockRows, keptBytes: filled.keptBytes, negative: false }, crew, control);
  const { rows: n, columns: d, energy } = rows;
  const start = await nndsvdStart(rows, filled, control);
  const { codes } = start;
  const atoms = sharedFloat64(r * d);
  atoms.set(start.atoms);
  const vectors = emptyVectors(r, d);
  const parts = Array.from({ length: rows.lanes }, () => emptySums(r, d));
  const codeScale = new Float64Array(r);
  let gram: Float64Array = new Float64Array(r * r);
  innerProducts(gram, 0, atoms, r, atoms, r, d);

  const sweep = async (update: boolean): Promise<{ outcome: AtomsOutcome; codesGram: Float64Array }> => {
    for (let j = 0; j < r; j++) codeScale[j] = codeScaleFor(rows.longest, gram[j * r + j]!, codeScale[j]!);
    if (update) cutVectors(atoms, rows.scale, vectors);
    clear(parts);
    await rows.forEach(control, ({ start: first, rows: count, planes, lane }) =>
      crew.run(sweepChunk, {
        planes,
        codes: codes.subarray(first * r, (first + count) * r),
        codeScale,
        sums: parts[lane]!,
        ...(update ? { towards: { vectors, gram } } : {}),
      }),
    );
    const codesGram = gramOf(parts, r, codeScale);
    return { outcome: await sweepAtoms({ parts, atoms, codesGram, codeScale, scale: rows.scale, update }, crew), codesGram };
  };

  let { outcome, codesGram } = await sweep(false);
  const losses = [lossOf(energy, outcome, codesGram)];
  let converged = false;
  while (!converged && losses.length <= filled.maxSweeps) {
    ({ outcome, codesGram } = await sweep(true));
    gram = outcome.gram;
    const before = losses.at(-1)!;
    const loss = lossOf(energy, outcome, codesGram);
    losses.push(loss);
    converged = before === 0 || (before - loss) / before < filled.tolerance;
    control.progress(losses.length - 1, filled.maxSweeps);
  }
  const loss = losses.at(-1)!;
  const deadAtoms = toUnitAtoms(atoms, codes, gram, codesGram, n, r, d);
  const relativeLoss = energy > 0 ? loss / energy : 0;
  return { atoms: atoms.slice(), codes: codes.slice(), loss, relativeLoss, losses, sweeps: losses.length - 1, converged, deadAtoms };
}

/**
 * The power of two for the codes of an atom: no update makes a code larger than the row's length over the atom's, since what others
 * explain only lessens it. The codes of a zero atom stay, and so does their scale.
 */
function codeScaleFor(longest: number, square: number, before: number): number {
  return square > 0 || before === 0 ? scaleFor((longest * (1 + 1 / 1024)) / (square > 0 ? Math.sqrt(square) : 1)) : before;
}

function clear(parts: readonly CodeSums[]): void {
  for (const { cross, gram } of parts) {
    cross.fill(0);
    gram.fill(0);
  }
}

/** ‖A − ZD‖²_F = ‖A‖² − 2⟨ZᵀA, D⟩ + ⟨ZᵀZ, DDᵀ⟩, at least 0. Good to about 1e-15 of ‖A‖². */
function lossOf(energy: number, { cross, gram }: AtomsOutcome, codesGram: Float64Array): number {
  let square = 0;
  for (let at = 0; at < gram.length; at++) square += codesGram[at]! * gram[at]!;
  return Math.max(0, energy - 2 * cross + square);
}

/** Moves the atoms' lengths into the codes; an atom without length or without codes becomes zero. Returns how many are. */
function toUnitAtoms(atoms: Float64Array, codes: Float64Array, gram: Float64Array, codesGram: Float64Array, n: number, r: number, d: number): number {
  const lengths = Float64Array.from({ length: r }, (_, j) => (codesGram[j * r + j]! > 0 ? Math.sqrt(gram[j * r + j]!) : 0));
  for (let j = 0; j < r; j++) {
    const length = lengths[j]!;
    for (let c = j * d; c < (j + 1) * d; c++) atoms[c] = length > 0 ? atoms[c]! / length : 0;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < r; j++) codes[i * r + j] = codes[i * r + j]! * lengths[j]!;
  return lengths.filter((length) => length === 0).length;
}
