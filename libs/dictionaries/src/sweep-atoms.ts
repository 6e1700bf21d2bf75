import type { Crew, Task } from '@fathom/exact';
import { crossOf, type CodeSums } from './code-sums.js';
import { updateAtoms } from './hals.js';
import { innerProducts } from './row-products.js';

/** Columns of one task. What a task returns is a sum over its columns: the number must not depend on the crew. */
const TASK_COLUMNS = 256;

/** One pass over columns of the atoms. */
export interface AtomsInput {
  readonly parts: readonly CodeSums[];
  /** r × d, row-major, shared. */
  readonly atoms: Float64Array;
  /** ZᵀZ, r × r. */
  readonly codesGram: Float64Array;
  readonly codeScale: Float64Array;
  /** A power of two for each column of the rows. */
  readonly scale: Float64Array;
  /** Whether the atoms get one HALS update; else they are left as they are. */
  readonly update: boolean;
}

/** What the loss needs of the atoms. */
export interface AtomsOutcome {
  /** ⟨ZᵀA, D⟩ */
  readonly cross: number;
  /** DDᵀ, r × r. */
  readonly gram: Float64Array;
}

/** One pass over some columns of the atoms: 256 of them, or those that are left. */
export const sweepColumns: Task<AtomsInput & { readonly from: number }, AtomsOutcome> = {
  module: __filename,
  name: 'sweepColumns',
  run: async ({ parts, atoms, codesGram, codeScale, scale, update, from }) => {
    const r = codeScale.length;
    const d = scale.length;
    const to = Math.min(d, from + TASK_COLUMNS);
    const width = to - from;
    const codesRows = crossOf(parts, r, d, from, to, codeScale, scale);
    const own = new Float64Array(r * width);
    for (let j = 0; j < r; j++) own.set(atoms.subarray(j * d + from, j * d + to), j * width);
    if (update) {
      updateAtoms(own, codesRows, codesGram, r, width);
      for (let j = 0; j < r; j++) atoms.set(own.subarray(j * width, (j + 1) * width), j * d + from);
    }
    let cross = 0;
    for (let at = 0; at < own.length; at++) cross += codesRows[at]! * own[at]!;
    const gram = new Float64Array(r * r);
    innerProducts(gram, 0, own, r, own, r, width);
    return { cross, gram };
  },
};

/** One pass over the atoms, by all hands; sums in column order. */
export async function sweepAtoms(input: AtomsInput, crew: Crew): Promise<AtomsOutcome> {
  const starts = Array.from({ length: Math.ceil(input.scale.length / TASK_COLUMNS) }, (_, task) => task * TASK_COLUMNS);
  const outcomes = await Promise.all(starts.map((from) => crew.run(sweepColumns, { ...input, from })));
  let cross = 0;
  const gram = new Float64Array(input.codesGram.length);
  for (const outcome of outcomes) {
    cross += outcome.cross;
    for (let at = 0; at < gram.length; at++) gram[at] = gram[at]! + outcome.gram[at]!;
  }
  return { cross, gram };
}
