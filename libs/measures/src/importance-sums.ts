import { InputError } from '@fathom/errors';
import { ExactSums, outOfRange, type Task } from '@fathom/exact';

import { addBounded, boundedSums, mergeBounded, type BoundedSums } from './bounded-sums.js';
import type { PairedRanges } from './column-ranges.js';
import { addRowProduct, argmax, type Decision, type DecisionBlock } from './decision-inputs.js';

/** The sums over rows behind importance: memory a function of d and k; the same for any order of the rows. Plain data. */
export interface ImportanceSums {
  rows: number;
  /** Rows where the codes predict what the activations do. */
  agreed: number;
  /** Rows where the prediction is the label. */
  right: number;
  /** Σ|c_ij| and Σc_ij of each feature. */
  readonly absolute: BoundedSums;
  readonly signed: BoundedSums;
  /** Rows where the code is above 0, of each feature. */
  readonly positive: Float64Array;
  /** Σ(a − centre) of each channel. */
  readonly channels: BoundedSums;
  /** State of two exact sums: Σ‖a − zD‖² and Σ‖a − centre‖². */
  squares: Float64Array;
}

/** What the sums are taken with. */
export interface ImportanceInput {
  readonly decision: Decision;
  readonly names: { readonly a: string; readonly z: string };
  readonly ranges: PairedRanges;
  /** The middle of each channel's range. */
  readonly centre: Float64Array;
  /** ŷ of each row is written here; shared. */
  readonly predicted: Int32Array;
}

/** Sums over no rows. @throws InputError where values are too large to be summed */
export function importanceSums({ decision, ranges, names, centre }: ImportanceInput): ImportanceSums {
  const { effect, features, classes } = decision;
  const contributions = Float64Array.from({ length: features }, (_, j) => {
    let most = 0;
    for (let c = 0; c < classes; c++) most = Math.max(most, Math.abs(effect[j * classes + c]!));
    return most * Math.max(Math.abs(ranges.z.min[j]!), Math.abs(ranges.z.max[j]!));
  });
  const spans = centre.map((middle, c) => Math.max(ranges.x.max[c]! - middle, middle - ranges.x.min[c]!));
  return {
    rows: 0,
    agreed: 0,
    right: 0,
    absolute: boundedSums(`contributions of ${names.z}`, contributions),
    signed: boundedSums(`contributions of ${names.z}`, contributions),
    positive: new Float64Array(features),
    channels: boundedSums(names.a, spans),
    squares: new ExactSums(2).state(),
  };
}

/** The sums over a block of rows. */
export const sumImportance: Task<ImportanceInput & { readonly block: DecisionBlock }, ImportanceSums> = {
  module: __filename,
  name: 'sumImportance',
  run: ({ block, ...input }) => {
    const sums = importanceSums(input);
    addImportance(sums, input, block);
    return Promise.resolve(sums);
  },
};

/** Adds a block of rows. @throws InputError naming row and column of a value outside of its column's range */
function addImportance(sums: ImportanceSums, input: ImportanceInput, block: DecisionBlock): void {
  const { decision, predicted } = input;
  const { channels, features, classes, weights, effect, bias, labels } = decision;
  const logits = new Float64Array(classes);
  const rebuilt = new Float64Array(channels);
  const squares = new ExactSums(2, sums.squares);
  for (let i = 0; i < block.rows; i++) {
    addRowProduct(block.a, i * channels, channels, weights, classes, logits.fill(0));
    const own = argmax(logits, bias);
    predicted[block.start + i] = own;
    addRowProduct(block.z, i * features, features, effect, classes, logits.fill(0));
    if (argmax(logits, bias) === own) sums.agreed++;
    if (labels?.[block.start + i] === own) sums.right++;
    addContributions(sums, input, block, i, own);
    addReconstruction(sums, squares, input, block, i, rebuilt.fill(0));
  }
  sums.rows += block.rows;
  sums.squares = squares.state();
}

/** Adds the sums over other rows; they stay as they are. */
export function mergeImportance(into: ImportanceSums, from: ImportanceSums): void {
  into.rows += from.rows;
  into.agreed += from.agreed;
  into.right += from.right;
  mergeBounded(into.absolute, from.absolute);
  mergeBounded(into.signed, from.signed);
  mergeBounded(into.channels, from.channels);
  from.positive.forEach((count, j) => (into.positive[j] = into.positive[j]! + count));
  const squares = new ExactSums(2, into.squares);
  squares.merge(new ExactSums(2, from.squares));
  into.squares = squares.state();
}

function addContributions(sums: ImportanceSums, { decision, ranges, names }: ImportanceInput, block: DecisionBlock, i: number, own: number): void {
  const { features, classes, effect } = decision;
  const { min, max } = ranges.z;
  for (let j = 0; j < features; j++) {
    const code = block.z[i * features + j]!;
    if (!(code >= min[j]! && code <= max[j]!)) throw outOfRange(names.z, block.start + i, j, code);
    if (code === 0) continue;
    if (code > 0) sums.positive[j] = sums.positive[j]! + 1;
    const contribution = code * effect[j * classes + own]!;
    addBounded(sums.absolute, j, Math.abs(contribution));
    addBounded(sums.signed, j, contribution);
  }
}

/** ‖a − zD‖² and ‖a − centre‖² of one row, each summed over the channels in their order. */
function addReconstruction(
  sums: ImportanceSums,
  squares: ExactSums,
  { decision, ranges, names, centre }: ImportanceInput,
  block: DecisionBlock,
  i: number,
  rebuilt: Float64Array,
): void {
  const { channels, features, dictionary } = decision;
  const { min, max } = ranges.x;
  addRowProduct(block.z, i * features, features, dictionary, channels, rebuilt);
  let [rest, around] = [0, 0];
  for (let c = 0; c < channels; c++) {
    const value = block.a[i * channels + c]!;
    if (!(value >= min[c]! && value <= max[c]!)) throw outOfRange(names.a, block.start + i, c, value);
    const gap = value - rebuilt[c]!;
    const distance = value - centre[c]!;
    rest += gap * gap;
    around += distance * distance;
    addBounded(sums.channels, c, distance);
  }
  for (const distance of [rest, around])
    if (!(distance < Infinity))
      throw new InputError({
        field: `${names.a}, row ${block.start + i}`,
        problem: 'is too far from its reconstruction, or from the middle of all, for the square of that to be summed',
        value: distance,
        accepted: 'a squared distance below 2^1024',
      });
  squares.add(0, rest);
  squares.add(1, around);
}
