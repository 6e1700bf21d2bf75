import { InputError } from '@fathom/errors';
import { allEnded, sharedFloat64, type Crew, type Task } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

import { everyIndex } from './every-index.js';
import { tilesOf } from './held-out.js';
import { commonRows, requireFinite } from './row-blocks.js';

/** What a decision is made of (docs/measures.md §1): activations, codes, dictionary and the linear head. All finite. */
export interface DecisionInputs {
  /** Penultimate activations A, n × d. */
  readonly a: RowSource;
  /** Codes Z, n × k. */
  readonly z: RowSource;
  /** Dictionary, k × d, row-major. */
  readonly D: ArrayLike<number>;
  /** Weights of the head, d × C, row-major: logits are aW + b. */
  readonly W: ArrayLike<number>;
  /** Bias of the head, C ≥ 1. */
  readonly b: ArrayLike<number>;
  /** The class of each row, n whole numbers from 0 to C − 1. @default none: accuracy is not known */
  readonly labels?: ArrayLike<number>;
}

/** Checked inputs, with their sizes and W' = DW; over shared memory, so that threads can be sent it. */
export interface Decision {
  /** n images. */
  readonly rows: number;
  /** d channels. */
  readonly channels: number;
  /** k features. */
  readonly features: number;
  /** C classes. */
  readonly classes: number;
  readonly dictionary: Float64Array;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  /** W' = DW, k × C: what one unit of a feature adds to each logit. */
  readonly effect: Float64Array;
  readonly labels: Int32Array | undefined;
}

/** Rows start..start+rows−1 of activations and codes. */
export interface DecisionBlock {
  readonly start: number;
  readonly rows: number;
  /** rows × d, row-major. */
  readonly a: Float64Array;
  /** rows × k, row-major. */
  readonly z: Float64Array;
}

/** Checks shapes and values and multiplies DW. @throws InputError naming the tensor that does not fit */
export async function checkedDecision(inputs: DecisionInputs, crew: Crew): Promise<Decision> {
  const rows = commonRows([inputs.a, inputs.z]);
  const channels = inputs.a.columns;
  const features = inputs.z.columns;
  const classes = inputs.b.length;
  if (rows < 1) throw new InputError({ field: inputs.a.name, problem: 'no rows', value: rows, accepted: 'at least one row' });
  if (features < 1) throw new InputError({ field: inputs.z.name, problem: 'no features', value: features, accepted: 'at least one column' });
  if (classes < 1) throw new InputError({ field: 'b', problem: 'no classes', value: classes, accepted: 'at least one class' });
  const dictionary = matrix('D', inputs.D, features, channels, `features of ${inputs.z.name} × channels of ${inputs.a.name}`);
  const weights = matrix('W', inputs.W, channels, classes, `channels of ${inputs.a.name} × classes of b`);
  const bias = matrix('b', inputs.b, 1, classes, 'classes');
  const labels = checkedLabels(inputs.labels, rows, classes);
  const effect = sharedFloat64(features * classes);
  const factors = { dictionary, weights, effect, channels, classes };
  await allEnded(tilesOf(everyIndex(features), crew.hands).map((tile) => crew.run(effectRows, { ...factors, from: tile[0]!, count: tile.length })));
  return { rows, channels, features, classes, dictionary, weights, bias, effect, labels };
}

interface EffectInput extends Pick<Decision, 'dictionary' | 'weights' | 'effect' | 'channels' | 'classes'> {
  /** The first feature, and how many. */
  readonly from: number;
  readonly count: number;
}

/** Writes some rows of W' = DW. */
export const effectRows: Task<EffectInput, void> = {
  module: __filename,
  name: 'effectRows',
  run: ({ dictionary, weights, effect, channels, classes, from, count }) => {
    for (let j = from; j < from + count; j++) addRowProduct(dictionary, j * channels, channels, weights, classes, effect, j * classes);
    return Promise.resolve();
  },
};

/** out += row · matrix, where row is `length` values from `offset` and matrix is length × width. Zeros of the row cost nothing. */
export function addRowProduct(
  row: Float64Array,
  offset: number,
  length: number,
  matrix: Float64Array,
  width: number,
  out: Float64Array,
  outOffset = 0,
): void {
  for (let i = 0; i < length; i++) {
    const value = row[offset + i]!;
    if (value === 0) continue;
    const from = i * width;
    for (let j = 0; j < width; j++) out[outOffset + j]! += value * matrix[from + j]!;
  }
}

/** The class with the largest value + bias, the first on ties. */
export function argmax(values: Float64Array, bias: Float64Array): number {
  let best = 0;
  let most = values[0]! + bias[0]!;
  for (let c = 1; c < bias.length; c++) {
    const value = values[c]! + bias[c]!;
    if (value > most) {
      most = value;
      best = c;
    }
  }
  return best;
}

function matrix(field: string, values: ArrayLike<number>, rows: number, columns: number, meaning: string): Float64Array {
  if (values.length !== rows * columns)
    throw new InputError({ field, problem: 'wrong number of values', value: values.length, accepted: `${rows} × ${columns} values (${meaning})` });
  requireFinite(values, field, columns);
  const shared = sharedFloat64(values.length);
  shared.set(values);
  return shared;
}

function checkedLabels(labels: ArrayLike<number> | undefined, rows: number, classes: number): Int32Array | undefined {
  if (labels === undefined) return undefined;
  if (labels.length !== rows)
    throw new InputError({ field: 'labels', problem: 'wrong number of labels', value: labels.length, accepted: `${rows}, one for each row` });
  for (let i = 0; i < rows; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new InputError({ field: `labels, row ${i}`, problem: 'no such class', value: label, accepted: `whole numbers from 0 to ${classes - 1}` });
  }
  const shared = new Int32Array(new SharedArrayBuffer(4 * rows));
  shared.set(labels);
  return shared;
}
