import { unwatched, type Control } from '@fathom/errors';
import { sharedFloat64, type Crew } from '@fathom/exact';
import { memoryRows, type RowSource } from '@fathom/tensors';
import { cutVectors, emptyVectors, scaleFor, type Digits, type VectorDigits } from './byte-digits.js';
import { emptySums, gramOf, type CodeSums } from './code-sums.js';
import { resolveNmfOptions, type NmfOptions } from './nmf-options.js';
import { nndsvdStart, type NmfStart } from './nndsvd.js';
import { PlanedChunks } from './planed-chunks.js';
import { requireMatrix } from './row-blocks.js';
import { innerProducts } from './row-products.js';
import { sweepAtoms, type AtomsOutcome } from './sweep-atoms.js';
import { sweepChunk } from './sweep-chunk.js';
import { firstWay, isEnd, wayAfter, wholeRows, type SweepWay } from './sweep-way.js';

/** A ≈ Z·D with nothing below zero. */
export interface NmfFit {
  /** D, r × d row-major, rows of unit L2 norm; an atom that no row uses is zero. */
  readonly atoms: Float64Array;
  /** Z, n × r row-major, with the scale; rounded to 2⁻¹⁵ of the largest length of a row, or finer. {@link NnlsEncoder} makes codes of full accuracy. */
  readonly codes: Float64Array;
  /** ‖A − ZD‖²_F of A in 16-bit fixed point, good to about 1e-15 of ‖A‖²_F. */
  readonly loss: number;
  /** loss / ‖A‖²_F, 0..1; 0 where A is zero. */
  readonly relativeLoss: number;
  /** The loss after each sweep over whole rows, never rising. */
  readonly losses: readonly number[];
  /** Sweeps over the rows that were made, 1..maxSweeps, with those that were undone. */
  readonly sweeps: number;
  /** Whether the last sweep was one from the very atoms and codes of the one before, and lowered the loss by less than the tolerance; else the sweeps ran out. */
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
 * Non-negative matrix factorisation by HALS from an NNDSVD start (docs/measures.md §1a), two updates of all codes and three of all
 * atoms a sweep. A code needs its own row and D alone, and D needs no more of the rows than ZᵀA and ZᵀZ. A sweep starts ahead of where the
 * last one ended, and its codes go beyond their update, as far as that serves (Ang and Gillis 2019): where it lowers the loss by less than
 * the tolerance, or raises it (then it is undone), the next sweep does without, and only such a plain one ends the fit. Rows are read in
 * 16-bit fixed point (§10.2), and by their high bytes alone while that is enough; codes and atoms enter products with 16 bits while sweeps
 * change the loss by 1e-4 of it or more, with 24 towards the end; ZᵀA and ZᵀZ are exact sums: the same bits for any chunks, crew and
 * engine. Rows that do not fit into `keptBytes` are read again in every sweep; the codes (n × r) are always held, twice. Progress counts
 * sweeps. A sweep costs about 8·n·d·r operations on bytes, 14 on whole rows, or 22 with 24 bits, and 2·n·r² multiply-adds.
 * @throws InputError as {@link fitNmf}, naming the source; CANCELLED when `control` says so
 */
export async function fitNmfStreamed(source: RowSource, options: NmfOptions, crew: Crew, control: Control = unwatched): Promise<NmfFit> {
  const filled = resolveNmfOptions(options);
  const r = filled.atoms;
  const rows = await PlanedChunks.open(
    source,
    { chunkRows: filled.blockRows, keptBytes: filled.keptBytes, negative: false, range: filled.range },
    crew,
    control,
  );
  const { rows: n, columns: d, energy } = rows;
  const start = await nndsvdStart(rows, filled, control);
  const room = (digits: Digits): Room => ({
    vectors: emptyVectors(r, d, digits),
    parts: Array.from({ length: rows.lanes }, () => emptySums(r, d, digits)),
  });
  const [fine, rough] = [room(3), room(2)];

  /** One sweep from `kept` towards the atoms `from`; the new codes and atoms are written into those of `next`. */
  const sweep = async (kept: Factors, from: Atoms, next: Pick<Factors, 'atoms' | 'codes'>, ahead: Float64Array, way: SweepWay) => {
    const codeScale = kept.codeScale.map((before, j) => codeScaleFor(rows.longest, from.gram[j * r + j]!, before));
    const isCoarse = way.grain === 'coarse';
    const { vectors, parts } = way.grain === 'fine' ? fine : rough;
    const unit = way.grain === 'fine' ? codeScale : codeScale.map((scale) => scale / 256);
    cutVectors(from.atoms, rows.scale, vectors);
    const begun = new Set<number>(); // each lane has a chunk at least
    const update = { gram: from.gram, reach: way.isPlain ? 0 : way.pace };
    await rows.forEach(control, ({ start: first, rows: count, planes, lane }) => {
      const [codes, into] = [kept.codes, next.codes].map((all) => all.subarray(first * r, (first + count) * r)) as [Float64Array, Float64Array];
      const isFirst = !begun.has(lane);
      begun.add(lane);
      return crew.run(sweepChunk, { planes, codes, into, codeScale: unit, vectors, update, sums: parts[lane]!, isFirst, isCoarse });
    });
    const codesGram = gramOf(parts, r, unit);
    const places = { from: from.atoms, before: kept.atoms, into: next.atoms, ahead, reach: way.pace };
    const outcome = await sweepAtoms({ ...places, parts, codesGram, codeScale: unit, scale: rows.scale }, crew);
    const loss = lossOf(isCoarse ? rows.highEnergy : energy, outcome, codesGram);
    const found: Factors = { ...next, codeScale, codesGram, gram: outcome.gram, loss };
    return { found, ahead: { atoms: ahead, gram: outcome.aheadGram } };
  };

  /** The last sweep that may be made reads whole rows, and tells their loss. */
  const limited = (way: SweepWay): SweepWay => (way.grain === 'coarse' && sweeps === filled.maxSweeps - 1 ? wholeRows(way) : way);
  let sweeps = 0;
  let kept = startOf(start, r, d);
  let from: Atoms = { atoms: sharedCopy(start.atoms), gram: kept.gram };
  let spare = { atoms: sharedFloat64(r * d), codes: sharedFloat64(n * r) };
  let ahead = sharedFloat64(r * d);
  let way = limited(firstWay(rows.highEnergy, rows.lowEnergy));
  let converged = false;
  const losses: number[] = [];
  while (!converged && sweeps < filled.maxSweeps) {
    const swept = await sweep(kept, from, spare, ahead, way);
    sweeps++;
    const before = kept.loss;
    const fall = before === Infinity ? 1 : (before - swept.found.loss) / before;
    if (swept.found.loss < before) {
      [kept, spare] = [swept.found, kept];
      [from, ahead] = [swept.ahead, from.atoms];
    }
    const isWhole = way.grain !== 'coarse';
    if (isWhole) losses.push(kept.loss);
    converged = isWhole && (kept.loss === 0 || isEnd(way, fall, filled.tolerance));
    way = limited(wayAfter(way, { fall, loss: kept.loss, lowEnergy: rows.lowEnergy }, filled.tolerance));
    if (way.isPlain) {
      from.atoms.set(kept.atoms);
      from = { atoms: from.atoms, gram: kept.gram };
    }
    if (!isWhole && way.grain !== 'coarse') kept = { ...kept, loss: Infinity }; // it was that of the high bytes
    control.progress(sweeps, filled.maxSweeps);
  }
  const { codes, atoms, loss } = kept;
  const deadAtoms = toUnitAtoms(kept, n, r, d);
  const relativeLoss = energy > 0 ? loss / energy : 0;
  return { atoms: atoms.slice(), codes: codes.slice(), loss, relativeLoss, losses, sweeps, converged, deadAtoms };
}

/** Room for products with atoms, and for sums of products with codes, of as many digits. */
interface Room {
  readonly vectors: VectorDigits;
  readonly parts: readonly CodeSums[];
}

/** Atoms (r × d, shared) with DDᵀ. */
interface Atoms {
  readonly atoms: Float64Array;
  readonly gram: Float64Array;
}

/** Codes (n × r, shared; multiples of 1/codeScale) and atoms, with ZᵀZ and the loss. */
interface Factors extends Atoms {
  readonly codes: Float64Array;
  readonly codeScale: Float64Array;
  readonly codesGram: Float64Array;
  readonly loss: number;
}

/** Nothing is known of the start but where it is. */
function startOf({ atoms, codes }: NmfStart, r: number, d: number): Factors {
  const gram = new Float64Array(r * r);
  innerProducts(gram, 0, atoms, r, atoms, r, d);
  return { atoms: sharedCopy(atoms), gram, codes, codeScale: new Float64Array(r), codesGram: new Float64Array(r * r), loss: Infinity };
}

function sharedCopy(values: Float64Array): Float64Array {
  const copy = sharedFloat64(values.length);
  copy.set(values);
  return copy;
}

/**
 * The power of two for the codes of an atom: no update makes a code larger than the row's length over the atom's, since what others
 * explain only lessens it. The codes of a zero atom stay, and so does their scale.
 */
function codeScaleFor(longest: number, square: number, before: number): number {
  return square > 0 || before === 0 ? scaleFor((longest * (1 + 1 / 1024)) / (square > 0 ? Math.sqrt(square) : 1), 3) : before;
}

/** ‖A − ZD‖²_F = ‖A‖² − 2⟨ZᵀA, D⟩ + ⟨ZᵀZ, DDᵀ⟩, at least 0. Good to about 1e-15 of ‖A‖². */
function lossOf(energy: number, { cross, gram }: Pick<AtomsOutcome, 'cross' | 'gram'>, codesGram: Float64Array): number {
  let square = 0;
  for (let at = 0; at < gram.length; at++) square += codesGram[at]! * gram[at]!;
  return Math.max(0, energy - 2 * cross + square);
}

/** Moves the atoms' lengths into the codes; an atom without length or without codes becomes zero. Returns how many are. */
function toUnitAtoms({ atoms, codes, gram, codesGram }: Factors, n: number, r: number, d: number): number {
  const lengths = Float64Array.from({ length: r }, (_, j) => (codesGram[j * r + j]! > 0 ? Math.sqrt(gram[j * r + j]!) : 0));
  for (let j = 0; j < r; j++) {
    const length = lengths[j]!;
    for (let c = j * d; c < (j + 1) * d; c++) atoms[c] = length > 0 ? atoms[c]! / length : 0;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < r; j++) codes[i * r + j] = codes[i * r + j]! * lengths[j]!;
  return lengths.filter((length) => length === 0).length;
}
