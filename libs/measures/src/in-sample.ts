import { InputError } from '@fathom/errors';
import {
  digitProduct,
  leftDigits,
  pivotedCholesky,
  rightDigits,
  sharedStorage,
  triangularInverse,
  type LeftDigits,
  type ProductSums,
  type Task,
} from '@fathom/exact';

import { columnStandard, type ColumnStandard } from './column-standard.js';
import { channelsOf, gramOver } from './fold-systems.js';
import { crossOver } from './probe-errors.js';

/** Channels whose variance, given those kept before, is below this share of their own count as dependent. */
const DEPENDENT = 1e-12;
/** So do those with less than one unit of their fixed point left: that is what rounding them has put there. */
const UNIT = 1;
/** Without a ridge the system may be badly conditioned: 48 bits. */
const DIGITS = 6;

/** @throws InputError when there are so many channels that in-sample R² is 1 whatever the target (docs/measures.md §3.3) */
export function requireMoreRowsThanChannels(name: string, rows: number, channels: number): void {
  if (rows <= channels + 1) {
    throw new InputError({
      field: name,
      problem: 'too few rows for the in-sample R² of its channels, which would be 1 whatever the target',
      value: rows,
      accepted: `at least ${channels + 2} rows, or no published variant ("published": false in a study file, without_published in a request)`,
    });
  }
}

/** What the in-sample fits of all features have in common; can be sent between threads. */
export interface InSampleSystem {
  /** Of the channels, over all rows. */
  readonly standard: ColumnStandard;
  /** Channels that do not depend on others, in the order of the factor. */
  readonly kept: Uint32Array;
  /** L⁻¹ of the kept channels. */
  readonly inverse: LeftDigits;
}

/** Factorises X̃ᵀX̃ over all rows, leaving out channels that depend on others. */
export const inSampleSystem: Task<{ readonly sums: ProductSums }, InSampleSystem> = {
  module: __filename,
  name: 'inSampleSystem',
  run: async ({ sums }, engine) => {
    const every = everyFold(sums);
    const d = channelsOf(sums);
    const standard = columnStandard(sums.x, d, every, sums.rows);
    const n = standard.rows;
    // On the standardised scale a channel's variance is 1, and one unit of its fixed point is its inverse scale.
    const least = standard.inverse.map((inverse) => n * Math.max(DEPENDENT, UNIT * inverse * inverse));
    const gram = new Float64Array(d * d);
    gramOver(sums, every, standard, gram);
    const { rank, order, factor } = pivotedCholesky(gram, d, least);
    await triangularInverse(factor, rank, engine);
    return {
      standard,
      kept: order.slice(0, rank),
      inverse: leftDigits(factor, rank, rank, { digits: DIGITS, shape: 'lower', storage: sharedStorage }),
    };
  },
};

interface InSampleInput {
  readonly sums: ProductSums;
  /** Which of its columns. */
  readonly columns: Uint32Array;
  readonly system: InSampleSystem;
}

/**
 * R² of ordinary least squares with intercept on the rows that it was fitted to (docs/measures.md §3.3), in [0, 1].
 * Channels that depend on others are left out, which leaves the fitted values, and so R², those of the
 * minimum-norm solution. 0 for a dead feature.
 */
export const inSampleR2: Task<InSampleInput, Float64Array> = {
  module: __filename,
  name: 'inSampleR2',
  run: async ({ sums, columns, system: { standard, kept, inverse } }, engine) => {
    const targets = sums.z[0]!.columns;
    const whole = columnStandard(targets, targets.sum.low.length / sums.rows.length, everyFold(sums), sums.rows);
    const [k, rank, n] = [columns.length, kept.length, standard.rows];
    const all = crossOver(sums, 0, columns, undefined);
    const cross = new Float64Array(rank * k);
    kept.forEach((a, row) => {
      const [middleA, restA, inverseA] = [standard.middle[a]!, standard.rest[a]!, standard.inverse[a]!];
      for (let j = 0; j < k; j += 1) {
        const [middleJ, restJ] = [whole.middle[columns[j]!]!, whole.rest[columns[j]!]!];
        // Σ(q − middle) of either is n times its rest.
        const around = all[a * k + j]! - n * (middleA * middleJ + middleA * restJ + middleJ * restA);
        cross[row * k + j] = (around - n * restA * restJ) * inverseA;
      }
    });
    const fitted = new Float64Array(rank * k);
    await digitProduct(inverse, rightDigits(cross, rank, k, { digits: DIGITS }), engine, fitted);
    const explained = new Float64Array(k);
    for (let at = 0; at < fitted.length; at += 1) explained[at % k] = explained[at % k]! + fitted[at]! * fitted[at]!;
    return explained.map((square, j) => {
      const total = whole.energy[columns[j]!]!;
      return total > 0 ? Math.min(1, square / total) : 0;
    });
  },
};

function everyFold({ rows }: ProductSums): number[] {
  return Array.from(rows, (_, index) => index);
}
