import { InputError } from '@fathom/errors';
import { pivotedCholesky, solveLower } from '@fathom/exact';

import { centredSums, standardOf } from './centred-sums.js';
import type { FoldStatistics } from './fold-statistics.js';

/** Channels whose variance, given those kept before, is below this share count as dependent. */
const DEPENDENT = 1e-12;

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

/**
 * R² of ordinary least squares with intercept on the rows that it was fitted to (docs/measures.md §3.3), in [0, 1].
 * Channels that depend on others are left out, which leaves the fitted values, and so R², those of the
 * minimum-norm solution. 0 for a dead feature.
 * @param targets which targets, by column
 */
export function inSampleR2(statistics: FoldStatistics, targets: Uint32Array): Float64Array {
  const folds = Array.from({ length: statistics.folds }, (_, fold) => fold);
  const sums = statistics.over(folds, targets);
  const constants = statistics.constantChannels(folds);
  const { gram, cross, energy } = centredSums(sums, standardOf(sums, constants));
  const [d, k] = [constants.length, targets.length];
  const { rank, order, factor } = pivotedCholesky(gram, d, DEPENDENT);
  const fitted = new Float64Array(rank * k);
  for (let row = 0; row < rank; row += 1) fitted.set(cross.subarray(order[row]! * k, (order[row]! + 1) * k), row * k);
  solveLower(factor, rank, fitted, k);
  return energy.map((total, j) => {
    let explained = 0;
    for (let row = 0; row < rank; row += 1) explained += fitted[row * k + j]! * fitted[row * k + j]!;
    return total > 0 ? Math.min(1, explained / total) : 0;
  });
}
