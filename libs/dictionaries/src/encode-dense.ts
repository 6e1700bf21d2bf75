import { FathomError, InputError } from '@fathom/errors';
import type { Task } from '@fathom/exact';
import { ActiveSet } from './active-set.js';
import { innerProducts } from './row-products.js';

/** Rows to encode, and where their codes go. All arrays are shared between threads. */
export interface RowsToEncode {
  /** n × d. */
  readonly rows: Float64Array;
  /** n × k, all 0. */
  readonly codes: Float64Array;
  /** Index of the first row, for errors. */
  readonly firstRow: number;
  /** Atoms that may come in before a row is given up. */
  readonly maxSteps: number;
}

/** A dictionary whose whole H = DDᵀ + εI is at hand. */
export interface DenseDictionary {
  readonly k: number;
  readonly d: number;
  /** D, k × d. */
  readonly atoms: Float64Array;
  /** H, k × k. */
  readonly h: Float64Array;
}

/** An atom comes in when the loss falls faster along it than this share of the largest product of the row with an atom. */
const ENTRY = 2e-15;

/** Codes of rows; returns the largest violation of the optimality conditions. */
export const encodeDense: Task<RowsToEncode & { readonly dictionary: DenseDictionary }, number> = {
  module: __filename,
  name: 'encodeDense',
  run: async ({ rows, codes, firstRow, maxSteps, dictionary: { k, d, atoms, h } }) => {
    const b = new Float64Array(k);
    const active = new ActiveSet().over(h, b, k);
    let worst = 0;
    for (let row = 0; row * d < rows.length; row++) {
      innerProducts(b, 0, rows.subarray(row * d, (row + 1) * d), 1, atoms, k, d);
      const scale = largest(b, firstRow + row);
      const z = codes.subarray(row * k, (row + 1) * k);
      active.passive.size = 0;
      const steps = active.search(z, ENTRY * scale, maxSteps);
      if (steps > maxSteps) throw givenUp(firstRow + row, maxSteps);
      active.settle(z, active.passive.members.slice(0, active.passive.size).sort());
      active.updateSlope(z);
      for (let j = 0; j < k; j++) {
        const violation = z[j]! > 0 ? Math.abs(active.slope[j]!) : active.slope[j]!;
        if (violation > worst * scale) worst = violation / scale;
      }
    }
    return worst;
  },
};

/** The largest size of a row's products with the atoms. @throws InputError where it is not finite */
export function largest(products: Float64Array, row: number): number {
  let scale = 0;
  for (let j = 0; j < products.length; j++) scale = Math.max(scale, Math.abs(products[j]!));
  if (!(scale <= Number.MAX_VALUE))
    throw new InputError({
      field: `activations[row ${row}]`,
      problem: 'values too large: their products with the atoms are no numbers',
      accepted: 'rows whose products with the atoms are float64',
    });
  return scale;
}

/** The error for a row whose search takes too long. */
export function givenUp(row: number, steps: number): FathomError {
  return new FathomError('INTERNAL', `the code of row ${row} is not found after ${steps} steps`, {
    metadata: { row: String(row), steps: String(steps) },
  });
}
