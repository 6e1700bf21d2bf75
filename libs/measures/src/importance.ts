import { unwatched, type Control } from '@fathom/errors';
import type { RowStatistic } from '@fathom/exact';

import { addRowProduct, argmax, checkedDecision, type Decision, type DecisionBlock, type DecisionInputs } from './decision-inputs.js';
import { BLOCK_ROWS, rowBlocks } from './row-blocks.js';

/** How decisions rest on features (docs/measures.md §6). Arrays hold one value a feature, k in all. */
export interface Importance {
  /** mean_i |c_ij|, in logits, ≥ 0; c_ij = z_ij·W'_{j,ŷ(i)}. */
  readonly importance: Float64Array;
  /** mean_i c_ij, in logits: below 0 where the feature speaks against the predicted class. */
  readonly signed: Float64Array;
  /** Share of rows where the feature's code is above 0, in [0, 1]. */
  readonly prevalence: Float64Array;
  /** Share of rows where (zD)W + b predicts what aW + b does, in [0, 1]. */
  readonly predictionAgreement: number;
  /** 1 − ‖A − ZD‖²_F / ‖A − mean‖²_F, at most 1; 0 where A does not vary. */
  readonly reconstructionR2: number;
  /** Share of rows where ŷ is the label, in [0, 1]; only where labels are given. */
  readonly accuracy?: number;
  /** ŷ(i), n: the class with the largest logit, the first on ties. */
  readonly predicted: Int32Array;
}

/** The sums over rows behind {@link importance}: memory a function of d, k and C; the same bits for blocks of any size. */
export class ImportanceStatistic implements RowStatistic<DecisionBlock> {
  private rows = 0;
  private agreed = 0;
  private right = 0;
  private residual = 0;
  private readonly absolute: Float64Array;
  private readonly signed: Float64Array;
  private readonly positive: Float64Array;
  private readonly mean: Float64Array;
  private readonly spread: Float64Array;
  private readonly rebuilt: Float64Array;

  /** @param predicted where ŷ of each row is written, n long. */
  constructor(
    private readonly decision: Decision,
    private readonly predicted: Int32Array,
  ) {
    this.absolute = new Float64Array(decision.features);
    this.signed = new Float64Array(decision.features);
    this.positive = new Float64Array(decision.features);
    this.mean = new Float64Array(decision.channels);
    this.spread = new Float64Array(decision.channels);
    this.rebuilt = new Float64Array(decision.channels);
  }

  update(block: DecisionBlock): void {
    const { channels, features, classes, weights, effect, bias, labels } = this.decision;
    const logits = new Float64Array(classes);
    for (let i = 0; i < block.rows; i++) {
      addRowProduct(block.a, i * channels, channels, weights, classes, logits.fill(0));
      const predicted = argmax(logits, bias);
      this.predicted[block.start + i] = predicted;
      addRowProduct(block.z, i * features, features, effect, classes, logits.fill(0));
      if (argmax(logits, bias) === predicted) this.agreed++;
      if (labels?.[block.start + i] === predicted) this.right++;
      this.addContributions(block.z, i * features, predicted);
      this.addReconstruction(block, i);
    }
  }

  /** Adds the rows of another statistic of the same decision. */
  merge(other: this): void {
    const rows = this.rows + other.rows;
    for (let c = 0; c < this.mean.length && rows > 0; c++) {
      const gap = other.mean[c]! - this.mean[c]!;
      this.spread[c]! += other.spread[c]! + gap * gap * ((this.rows * other.rows) / rows);
      this.mean[c]! += (gap * other.rows) / rows;
    }
    for (let j = 0; j < this.absolute.length; j++) {
      this.absolute[j]! += other.absolute[j]!;
      this.signed[j]! += other.signed[j]!;
      this.positive[j]! += other.positive[j]!;
    }
    this.rows = rows;
    this.agreed += other.agreed;
    this.right += other.right;
    this.residual += other.residual;
  }

  /** The measures over the rows so far, of which there is at least one. */
  result(): Importance {
    const perRow = (sum: number) => sum / this.rows;
    const total = this.spread.reduce((sum, value) => sum + value, 0);
    return {
      importance: this.absolute.map(perRow),
      signed: this.signed.map(perRow),
      prevalence: this.positive.map(perRow),
      predictionAgreement: perRow(this.agreed),
      reconstructionR2: total > 0 ? 1 - this.residual / total : 0,
      ...(this.decision.labels && { accuracy: perRow(this.right) }),
      predicted: this.predicted,
    };
  }

  private addContributions(z: Float64Array, offset: number, predicted: number): void {
    const { features, classes, effect } = this.decision;
    for (let j = 0; j < features; j++) {
      const code = z[offset + j]!;
      if (code > 0) this.positive[j]!++;
      const contribution = code * effect[j * classes + predicted]!;
      this.absolute[j]! += Math.abs(contribution);
      this.signed[j]! += contribution;
    }
  }

  /** ‖a − zD‖² of one row, and the column moments by Welford's update (no cancellation, whatever the mean). */
  private addReconstruction(block: DecisionBlock, i: number): void {
    const { channels, features, dictionary } = this.decision;
    const rebuilt = this.rebuilt.fill(0);
    addRowProduct(block.z, i * features, features, dictionary, channels, rebuilt);
    this.rows++;
    for (let c = 0; c < channels; c++) {
      const value = block.a[i * channels + c]!;
      const rest = value - rebuilt[c]!;
      this.residual += rest * rest;
      const gap = value - this.mean[c]!;
      this.mean[c]! += gap / this.rows;
      this.spread[c]! += gap * (value - this.mean[c]!);
    }
  }
}

/**
 * Importance, prevalence and faithfulness (docs/measures.md §6), in one pass over blocks of rows; progress in rows.
 * @throws InputError naming the tensor that does not fit, or the row and column of a NaN or infinity.
 */
export async function importance(inputs: DecisionInputs, control: Control = unwatched): Promise<Importance> {
  const decision = checkedDecision(inputs);
  const statistic = new ImportanceStatistic(decision, new Int32Array(decision.rows));
  for await (const { start, rows, values } of rowBlocks([inputs.a, inputs.z], BLOCK_ROWS, control)) {
    statistic.update({ start, rows, a: values[0], z: values[1] });
    control.progress(start + rows, decision.rows);
  }
  return statistic.result();
}
