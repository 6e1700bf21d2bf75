import { mirrorLower } from '@fathom/exact';

import type { FoldSums } from './fold-statistics.js';

/** What standardises activations and centres targets; both means are taken from the shift of the sums. */
export interface Standard {
  /** Channel means, d. */
  readonly meanX: Float64Array;
  /** Channel scales, d; 1 for a channel that is constant on the training rows. */
  readonly scaleX: Float64Array;
  /** Target means, k. */
  readonly meanZ: Float64Array;
}

/** Products of standardised activations and centred targets. */
export interface CentredSums {
  /** d × d, row-major, symmetric */
  readonly gram: Float64Array;
  /** d × k, row-major */
  readonly cross: Float64Array;
  /** k */
  readonly energy: Float64Array;
}

/**
 * Mean and population standard deviation of the rows that the sums are over (docs/measures.md §3.1).
 * @param constants value of each channel that is constant on these rows, from the shift of the sums; NaN for all others
 */
export function standardOf({ rows, sumX, sumZ, gram }: FoldSums, constants: Float64Array): Standard {
  const d = sumX.length;
  const meanX = sumX.map((sum, channel) => (Number.isNaN(constants[channel]) ? sum / rows : constants[channel]!));
  const scaleX = meanX.map((mean, channel) => {
    const variance = gram[channel * d + channel]! / rows - mean * mean;
    return Number.isNaN(constants[channel]) && variance > 0 ? Math.sqrt(variance) : 1;
  });
  return { meanX, scaleX, meanZ: sumZ.map((sum) => sum / rows) };
}

/** The sums as they would be, had every value been standardised and centred first; docs/measures.md §3.1. */
export function centredSums({ rows, sumX, sumZ, gram, cross, energy }: FoldSums, { meanX, scaleX, meanZ }: Standard): CentredSums {
  const d = sumX.length;
  const k = sumZ.length;
  const centredGram = new Float64Array(d * d);
  const centredCross = new Float64Array(d * k);
  for (let a = 0; a < d; a += 1) {
    const mean = meanX[a]!;
    const scale = scaleX[a]!;
    const rest = sumX[a]! - rows * mean; // 0 on the training rows, up to rounding
    for (let b = 0; b <= a; b += 1) {
      centredGram[a * d + b] = (gram[a * d + b]! - mean * sumX[b]! - rest * meanX[b]!) / (scale * scaleX[b]!);
    }
    for (let j = 0; j < k; j += 1) {
      centredCross[a * k + j] = (cross[a * k + j]! - mean * sumZ[j]! - rest * meanZ[j]!) / scale;
    }
  }
  mirrorLower(centredGram, d);
  return { gram: centredGram, cross: centredCross, energy: energy.map((square, j) => centredEnergy(square, sumZ[j]!, meanZ[j]!, rows)) };
}

/** What is left by cancellation alone counts as 0: a target that always equals the mean has no variance to explain. */
function centredEnergy(square: number, sum: number, mean: number, rows: number): number {
  const centred = square - mean * sum - mean * (sum - rows * mean);
  return centred > 64 * Number.EPSILON * (square + rows * mean * mean) ? centred : 0;
}
