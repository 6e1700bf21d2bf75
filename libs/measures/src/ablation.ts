import { InputError, unwatched, type Control } from '@fathom/errors';
import { sharedBytes, type Crew, type Task } from '@fathom/exact';

import type { AblationOrders } from './ablation-orders.js';
import { addRowProduct, argmax, checkedDecision, type Decision, type DecisionBlock, type DecisionInputs } from './decision-inputs.js';
import { partsOverRows } from './decision-parts.js';

const POINTS = 11;
const NEVER = POINTS;

/**
 * Accuracy after removing the first 0, 10 %, … 100 % of the features of an order: eleven shares of rows, each in [0, 1].
 * Under the name of the order with the unexplained part A − ZD kept, under `<name>_rest_dropped` without it.
 */
export type AblationCurves = Record<string, number[]>;

/** Counts of rows that are still right: whole numbers, so that neither blocks nor merging change a bit. */
interface AblationCounts {
  rows: number;
  /** For each name: eleven counts with the rest kept, then eleven with it dropped, summed over the orders of the name. */
  readonly right: Float64Array;
}

interface AblationInput {
  readonly decision: Decision;
  /** For each name and each of its orders, the point at which each feature is removed: orders × k; shared. */
  readonly stages: readonly Uint8Array[];
}

/**
 * Ablation curves (docs/measures.md §6), in one pass over blocks of rows; progress in rows. Accuracy is against the labels,
 * or agreement with ŷ where there are none.
 * @throws InputError naming the tensor or order that does not fit, or the row and column of a NaN or infinity.
 */
export async function ablation(inputs: DecisionInputs, orders: AblationOrders, crew: Crew, control: Control = unwatched): Promise<AblationCurves> {
  const decision = await checkedDecision(inputs, crew);
  const names = Object.keys(orders);
  const stages = names.map((name) => stagesOf(orders[name]!, name, decision.features));
  const total = new Float64Array(2 * POINTS * names.length);
  let rows = 0;
  for await (const part of partsOverRows(inputs, countRight, { decision, stages }, crew, control)) {
    rows += part.rows;
    part.right.forEach((count, at) => (total[at] = total[at]! + count));
  }
  const curves: AblationCurves = {};
  names.forEach((name, g) => {
    const shares = Array.from(total.subarray(2 * POINTS * g, 2 * POINTS * (g + 1)), (count) => count / (rows * orders[name]!.length));
    curves[name] = shares.slice(0, POINTS);
    curves[`${name}_rest_dropped`] = shares.slice(POINTS);
  });
  return curves;
}

/**
 * Counts the rows of a block that are still right, for every order, point and kind of rest. What is kept is summed anew from the last
 * feature removed to the first, never subtracted, so that nothing is left of a feature once it is gone. About
 * orders × (codes above 0) × C additions a row.
 */
export const countRight: Task<AblationInput & { readonly block: DecisionBlock }, AblationCounts> = {
  module: __filename,
  name: 'countRight',
  run: ({ decision, stages, block }) => {
    const { channels, features, classes, weights, effect, bias, labels } = decision;
    const logits = new Float64Array(classes);
    const rest = new Float64Array(classes);
    const present = new Uint32Array(features);
    const contributions = new Float64Array(features * classes);
    const bins = new Float64Array((NEVER + 1) * classes);
    const right = new Float64Array(2 * POINTS * stages.length);
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
      stages.forEach((group, g) => {
        for (let first = 0; first < group.length; first += features) {
          sortIntoBins(bins, group.subarray(first, first + features), present, contributions, count, classes);
          countPoints(bins, rest, bias, target, right.subarray(2 * POINTS * g, 2 * POINTS * (g + 1)));
        }
      });
    }
    return Promise.resolve({ rows: block.rows, right });
  },
};

/** From the point where all are gone back to the one where none is; `bins` are the logits that each step brings back. */
function countPoints(bins: Float64Array, rest: Float64Array, bias: Float64Array, target: number, right: Float64Array): void {
  const classes = bias.length;
  const kept = bins.subarray(NEVER * classes);
  for (let point = POINTS - 1; point >= 0; point--) {
    if (point < POINTS - 1) for (let c = 0; c < classes; c++) kept[c]! += bins[(point + 1) * classes + c]!;
    if (argmaxOfSum(kept, rest, bias) === target) right[point]!++;
    if (argmax(kept, bias) === target) right[POINTS + point]!++;
  }
}

/** For each order and feature, the first of the points 1..10 at which it is removed, or NEVER. Point t removes ⌊t·length/10 + ½⌋. */
function stagesOf(orders: readonly Uint32Array[], name: string, features: number): Uint8Array {
  if (orders.length === 0) throw new InputError({ field: `orders.${name}`, problem: 'no order', value: 0, accepted: 'at least one order' });
  const all = sharedBytes(orders.length * features).fill(NEVER);
  orders.forEach((order, at) => fillStages(all.subarray(at * features, (at + 1) * features), order, name));
  return all;
}

function fillStages(stages: Uint8Array, order: Uint32Array, name: string): void {
  let point = 1;
  order.forEach((feature, position) => {
    if (stages[feature] !== NEVER)
      throw new InputError({
        field: `orders.${name}, place ${position}`,
        problem: 'no such feature, or named twice',
        value: feature,
        accepted: `different whole numbers from 0 to ${stages.length - 1}`,
      });
    while (Math.floor((point * order.length) / 10 + 0.5) <= position) point++;
    stages[feature] = point;
  });
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
