import { InputError, unwatched, type Control } from '@fathom/errors';
import type { RowStatistic } from '@fathom/exact';

import type { AblationOrders } from './ablation-orders.js';
import { addRowProduct, argmax, checkedDecision, type Decision, type DecisionBlock, type DecisionInputs } from './decision-inputs.js';
import { BLOCK_ROWS, rowBlocks } from './row-blocks.js';

const POINTS = 11;
const NEVER = POINTS;

/**
 * Accuracy after removing the first 0, 10 %, … 100 % of the features of an order: eleven shares of rows, each in [0, 1].
 * Under the name of the order with the unexplained part A − ZD kept, under `<name>_rest_dropped` without it.
 */
export type AblationCurves = Record<string, number[]>;

/**
 * Counts of rows that are still right, for every order, point and kind of rest: whole numbers, so that neither blocks nor
 * merging change a bit. What is kept is summed anew from the last feature removed to the first, never subtracted, so that
 * nothing is left of a feature once it is gone. About orders × (codes above 0) × C additions a row.
 */
export class AblationStatistic implements RowStatistic<DecisionBlock> {
  private rows = 0;
  private readonly names: readonly string[];
  private readonly stages: readonly (readonly Uint8Array[])[];
  /** Per name: eleven counts with the rest kept, then eleven with it dropped, summed over the orders of the name. */
  private readonly right: readonly Float64Array[];

  constructor(
    private readonly decision: Decision,
    private readonly orders: AblationOrders,
  ) {
    this.names = Object.keys(orders);
    for (const name of this.names)
      if (orders[name]!.length === 0)
        throw new InputError({ field: `orders.${name}`, problem: 'no order', value: 0, accepted: 'at least one order' });
    this.stages = this.names.map((name) => orders[name]!.map((order) => stagesOf(order, name, decision.features)));
    this.right = this.names.map(() => new Float64Array(2 * POINTS));
  }

  update(block: DecisionBlock): void {
    const { channels, features, classes, weights, effect, bias, labels } = this.decision;
    const logits = new Float64Array(classes);
    const rest = new Float64Array(classes);
    const present = new Uint32Array(features);
    const contributions = new Float64Array(features * classes);
    const bins = new Float64Array((NEVER + 1) * classes);
    this.rows += block.rows;
    for (let i = 0; i < block.rows; i++) {
      addRowProduct(block.a, i * channels, channels, weights, classes, logits.fill(0));
      const target = labels?.[block.start + i] ?? argmax(logits, bias);
      rest.set(logits);
      let count = 0;
      for (let j = 0; j < features; j++) {
        const code = block.z[i * features + j]!;
        if (code === 0) continue;
        for (let c = 0; c < classes; c++) {
          const contribution = code * effect[j * classes + c]!;
          contributions[count * classes + c] = contribution;
          rest[c]! -= contribution;
        }
        present[count++] = j;
      }
      this.stages.forEach((group, g) => {
        for (const stage of group) {
          sortIntoBins(bins, stage, present, contributions, count, classes);
          this.countRight(bins, rest, target, this.right[g]!);
        }
      });
    }
  }

  /** Adds the rows of another statistic of the same decision and orders. */
  merge(other: this): void {
    this.rows += other.rows;
    this.right.forEach((counts, g) => counts.forEach((_, t) => (counts[t]! += other.right[g]![t]!)));
  }

  /** The curves over the rows so far, of which there is at least one. */
  result(): AblationCurves {
    const curves: AblationCurves = {};
    this.names.forEach((name, g) => {
      const shares = Array.from(this.right[g]!, (count) => count / (this.rows * this.orders[name]!.length));
      curves[name] = shares.slice(0, POINTS);
      curves[`${name}_rest_dropped`] = shares.slice(POINTS);
    });
    return curves;
  }

  /** From the point where all are gone back to the one where none is; `bins` are the logits that each step brings back. */
  private countRight(bins: Float64Array, rest: Float64Array, target: number, right: Float64Array): void {
    const { classes, bias } = this.decision;
    const kept = bins.subarray(NEVER * classes);
    for (let point = POINTS - 1; point >= 0; point--) {
      if (point < POINTS - 1) for (let c = 0; c < classes; c++) kept[c]! += bins[(point + 1) * classes + c]!;
      if (argmaxOfSum(kept, rest, bias) === target) right[point]!++;
      if (argmax(kept, bias) === target) right[POINTS + point]!++;
    }
  }
}

/**
 * Ablation curves (docs/measures.md §6), in one pass over blocks of rows; progress in rows. Accuracy is against the labels,
 * or agreement with ŷ where there are none.
 * @throws InputError naming the tensor or order that does not fit, or the row and column of a NaN or infinity.
 */
export async function ablation(inputs: DecisionInputs, orders: AblationOrders, control: Control = unwatched): Promise<AblationCurves> {
  const decision = checkedDecision(inputs);
  const statistic = new AblationStatistic(decision, orders);
  for await (const { start, rows, values } of rowBlocks([inputs.a, inputs.z], BLOCK_ROWS, control)) {
    statistic.update({ start, rows, a: values[0], z: values[1] });
    control.progress(start + rows, decision.rows);
  }
  return statistic.result();
}

/** For each feature, the first of the points 1..10 at which it is removed, or NEVER. Point t removes ⌊t·length/10 + ½⌋. */
function stagesOf(order: Uint32Array, name: string, features: number): Uint8Array {
  const stages = new Uint8Array(features).fill(NEVER);
  let point = 1;
  order.forEach((feature, position) => {
    if (feature >= features || stages[feature] !== NEVER)
      throw new InputError({
        field: `orders.${name}, place ${position}`,
        problem: 'no such feature, or named twice',
        value: feature,
        accepted: `different whole numbers from 0 to ${features - 1}`,
      });
    while (Math.floor((point * order.length) / 10 + 0.5) <= position) point++;
    stages[feature] = point;
  });
  return stages;
}

function sortIntoBins(
  bins: Float64Array,
  stage: Uint8Array,
  present: Uint32Array,
  contributions: Float64Array,
  count: number,
  classes: number,
): void {
  bins.fill(0);
  for (let p = 0; p < count; p++) {
    const bin = stage[present[p]!]! * classes;
    const from = p * classes;
    for (let c = 0; c < classes; c++) bins[bin + c]! += contributions[from + c]!;
  }
}

/** The class with the largest kept + rest + bias, the first on ties. */
function argmaxOfSum(kept: Float64Array, rest: Float64Array, bias: Float64Array): number {
  let best = 0;
  let most = kept[0]! + rest[0]! + bias[0]!;
  for (let c = 1; c < bias.length; c++) {
    const value = kept[c]! + rest[c]! + bias[c]!;
    if (value > most) {
      most = value;
      best = c;
    }
  }
  return best;
}
