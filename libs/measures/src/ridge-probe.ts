import { InputError } from '@fathom/errors';
import { addTransposedProduct, cholesky, solveCholesky } from '@fathom/exact';

import { centredSums, standardOf, type CentredSums } from './centred-sums.js';
import type { FoldStatistics } from './fold-statistics.js';

/** How well a probe predicts the rows of its test fold; arrays of one value a target. */
export interface ProbeErrors {
  /** Sum of squared errors. */
  readonly sse: Float64Array;
  /** Sum of squared distances from the training mean. */
  readonly sst: Float64Array;
}

/**
 * Ridge probes of docs/measures.md §3.1 and §3.2 that are trained on all folds but one and tested on that one,
 * worked out from sums alone: with w the weights, SSE = z̃ᵀz̃ − 2 wᵀX̃ᵀz̃ + wᵀX̃ᵀX̃w on the test fold.
 */
export class RidgeProbe {
  private readonly trainingRows: number;
  private readonly training: CentredSums;
  private readonly test: CentredSums;

  /** @param targets which targets, by column */
  constructor(statistics: FoldStatistics, testFold: number, targets: Uint32Array) {
    const trainingFolds = Array.from({ length: statistics.folds }, (_, fold) => fold).filter((fold) => fold !== testFold);
    const sums = statistics.over(trainingFolds, targets);
    const constants = statistics.constantChannels(trainingFolds);
    const standard = standardOf(sums, constants);
    this.trainingRows = sums.rows;
    this.training = centredSums(sums, standard);
    this.test = centredSums(statistics.over([testFold], targets), standard);
    silence(this.training, constants);
  }

  /**
   * @param alpha ridge strength per training row, above 0
   * @throws InputError when alpha is too small for the probe to be solved in float64
   */
  errors(alpha: number): ProbeErrors {
    const { gram, cross, energy } = this.training;
    const [d, k] = [Math.round(Math.sqrt(gram.length)), energy.length];
    const ridge = gram.slice();
    for (let channel = 0; channel < d; channel += 1) ridge[channel * d + channel] = ridge[channel * d + channel]! + alpha * this.trainingRows;
    const weights = cross.slice();
    try {
      cholesky(ridge, d);
    } catch (cause) {
      throw new InputError({
        field: 'alphas',
        problem: 'too small for these activations: the probe is singular to rounding',
        value: alpha,
        accepted: 'a larger value',
        cause,
      });
    }
    solveCholesky(ridge, d, weights, k);
    const image = new Float64Array(d * k);
    addTransposedProduct(image, this.test.gram, d, weights, k, d);
    const sse = this.test.energy.slice();
    for (let channel = 0; channel < d; channel += 1) {
      for (let j = 0; j < k; j += 1) {
        const at = channel * k + j;
        sse[j] = sse[j]! + weights[at]! * (image[at]! - 2 * this.test.cross[at]!);
      }
    }
    return { sse: sse.map((error) => Math.max(0, error)), sst: this.test.energy };
  }
}

/** A channel that is constant on the training rows is 0 there, not what rounding makes of it; so its weight is 0. */
function silence({ gram, cross, energy }: CentredSums, constants: Float64Array): void {
  const [d, k] = [constants.length, energy.length];
  constants.forEach((constant, channel) => {
    if (Number.isNaN(constant)) return;
    cross.fill(0, channel * k, (channel + 1) * k);
    for (let other = 0; other < d; other += 1) gram[channel * d + other] = gram[other * d + channel] = 0;
  });
}

/** R² = 1 − SSE/SST of each target, not clipped; 0 where SST = 0 (docs/measures.md §3.2). */
export function rSquared({ sse, sst }: ProbeErrors): Float64Array {
  return sse.map((error, j) => (sst[j]! > 0 ? 1 - error / sst[j]! : 0));
}

/** The errors of several test folds together. */
export function pooled(parts: readonly ProbeErrors[]): ProbeErrors {
  const add = (name: keyof ProbeErrors): Float64Array =>
    parts.map((part) => part[name]).reduce((total, more) => total.map((value, j) => value + more[j]!));
  return { sse: add('sse'), sst: add('sst') };
}
