import { allEnded, mirrorLower, type Crew, type Task } from '@fathom/exact';
import { crossOf, type CodeSums } from './code-sums.js';
import { updateAtoms } from './hals.js';
import { innerProducts } from './row-products.js';

/** Columns of one task. What a task returns is a sum over its columns: the number must not depend on the crew. */
const TASK_COLUMNS = 512;

/** Updates of the atoms in a pass: they need no more of the rows than the first, and cost little beside it. */
const UPDATES = 3;

/** One pass over columns of the atoms: arrays of atoms are r × d, row-major, shared. */
export interface AtomsInput {
  readonly parts: readonly CodeSums[];
  /** Where the updates start. */
  readonly from: Float64Array;
  /** The atoms of the sweep before. */
  readonly before: Float64Array;
  /** Where the new atoms go. */
  readonly into: Float64Array;
  /** Where atoms go that are further on by a share of the way from `before` to the new ones. */
  readonly ahead: Float64Array;
  /** That share, at least 0. */
  readonly reach: number;
  /** ZᵀZ, r × r. */
  readonly codesGram: Float64Array;
  readonly codeScale: Float64Array;
  /** A power of two for each column of the rows. */
  readonly scale: Float64Array;
}

/** What the loss and the next sweep need of the atoms. */
export interface AtomsOutcome {
  /** ⟨ZᵀA, D⟩ of the new atoms. */
  readonly cross: number;
  /** DDᵀ of the new atoms, r × r. */
  readonly gram: Float64Array;
  /** The same of those ahead. */
  readonly aheadGram: Float64Array;
}

/** One pass over some columns of the atoms: 512 of them, or those that are left. */
export const sweepColumns: Task<AtomsInput & { readonly first: number }, AtomsOutcome> = {
  module: __filename,
  name: 'sweepColumns',
  run: async ({ parts, from, before, into, ahead, reach, codesGram, codeScale, scale, first }) => {
    const r = codeScale.length;
    const d = scale.length;
    const end = Math.min(d, first + TASK_COLUMNS);
    const width = end - first;
    const codesRows = crossOf(parts, r, d, first, end, codeScale, scale);
    const own = new Float64Array(r * width);
    for (let j = 0; j < r; j++) own.set(from.subarray(j * d + first, j * d + end), j * width);
    updateAtoms(own, codesRows, codesGram, r, width, UPDATES);
    const cross = dot(codesRows, own);
    const gram = selfProducts(own, r, width);
    for (let j = 0; j < r; j++) {
      const to = j * d + first;
      const row = own.subarray(j * width, (j + 1) * width);
      into.set(row, to);
      goFurther(row, before.subarray(to, to + width), reach);
      ahead.set(row, to);
    }
    return { cross, gram, aheadGram: selfProducts(own, r, width) };
  },
};

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/** Moves values on by a share of the way that they came, as far as zero. */
function goFurther(values: Float64Array, before: Float64Array, share: number): void {
  for (let at = 0; at < values.length; at++) {
    const further = values[at]! + share * (values[at]! - before[at]!);
    values[at] = 0.5 * (further + Math.abs(further)); // 0 where it is negative; exact, and without a branch that no processor foresees
  }
}

function selfProducts(atoms: Float64Array, r: number, width: number): Float64Array {
  const gram = new Float64Array(r * r);
  for (let j = 0; j < r; j++) innerProducts(gram, j * r, atoms.subarray(j * width, (j + 1) * width), 1, atoms, j + 1, width);
  mirrorLower(gram, r);
  return gram;
}

/** One pass over the atoms, by all hands; sums in column order. */
export async function sweepAtoms(input: AtomsInput, crew: Crew): Promise<AtomsOutcome> {
  const starts = Array.from({ length: Math.ceil(input.scale.length / TASK_COLUMNS) }, (_, task) => task * TASK_COLUMNS);
  const outcomes = await allEnded(starts.map((first) => crew.run(sweepColumns, { ...input, first })));
  let cross = 0;
  const gram = new Float64Array(input.codesGram.length);
  const aheadGram = new Float64Array(gram.length);
  for (const outcome of outcomes) {
    cross += outcome.cross;
    for (let at = 0; at < gram.length; at++) {
      gram[at] = gram[at]! + outcome.gram[at]!;
      aheadGram[at] = aheadGram[at]! + outcome.aheadGram[at]!;
    }
  }
  return { cross, gram, aheadGram };
}
