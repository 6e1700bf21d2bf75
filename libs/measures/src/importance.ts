import { unwatched, type Control } from '@fathom/errors';
import { ExactSums, fixedPoint, type Crew } from '@fathom/exact';

import { boundedSum } from './bounded-sums.js';
import { requireRanges, type PairedRanges } from './column-ranges.js';
import { checkedDecision, type DecisionInputs } from './decision-inputs.js';
import { partsOverRows } from './decision-parts.js';
import { importanceSums, mergeImportance, sumImportance, type ImportanceInput, type ImportanceSums } from './importance-sums.js';

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

/**
 * Importance, prevalence and faithfulness (docs/measures.md §6), in one pass over blocks of rows; progress in rows. Contributions are
 * summed with 44 bits, squared residuals exactly, so that the result does not depend on how the rows are cut or in which order they are summed.
 * @param ranges minima and maxima of the columns of `a` (as x) and of `z`
 * @throws InputError naming the tensor that does not fit, or the row and column of a value that is not finite or outside of its range
 */
export async function importance(inputs: DecisionInputs, ranges: PairedRanges, crew: Crew, control: Control = unwatched): Promise<Importance> {
  const decision = await checkedDecision(inputs, crew);
  requireRanges(inputs.a, ranges.x);
  requireRanges(inputs.z, ranges.z);
  const input: ImportanceInput = {
    decision,
    ranges,
    names: { a: inputs.a.name, z: inputs.z.name },
    centre: fixedPoint(ranges.x, { name: inputs.a.name }).centre,
    predicted: new Int32Array(new SharedArrayBuffer(4 * decision.rows)),
  };
  const sums = importanceSums(input);
  for await (const part of partsOverRows(inputs, sumImportance, input, crew, control)) mergeImportance(sums, part);
  return measured(sums, input);
}

function measured(sums: ImportanceSums, { decision, predicted, ranges }: ImportanceInput): Importance {
  const { rows } = sums;
  const squares = new ExactSums(2, sums.squares);
  // ‖A − mean‖²: distances from the centre, less n times the squared distance of the mean from it.
  let spread = squares.result(1);
  for (let c = 0; c < decision.channels; c++) spread -= (boundedSum(sums.channels, c) * boundedSum(sums.channels, c)) / rows;
  const each = (of: (j: number) => number): Float64Array => Float64Array.from({ length: decision.features }, (_, j) => of(j) / rows);
  return {
    importance: each((j) => boundedSum(sums.absolute, j)),
    signed: each((j) => boundedSum(sums.signed, j)),
    prevalence: each((j) => sums.positive[j]!),
    predictionAgreement: sums.agreed / rows,
    reconstructionR2: spread > 0 && ranges.x.max.some((most, c) => most > ranges.x.min[c]!) ? 1 - squares.result(0) / spread : 0,
    ...(decision.labels && { accuracy: sums.right / rows }),
    predicted,
  };
}
