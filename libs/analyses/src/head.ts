import type { Artifact } from '@fathom/artifacts';
import type { Control } from '@fathom/errors';
import { toFloat64, type RowSource } from '@fathom/tensors';

/** The linear head: logits = aW + b. */
export interface Head {
  /** d × C, row-major. */
  readonly W: Float64Array;
  /** C. */
  readonly b: Float64Array;
  readonly classes: number;
}

/** The head of a "model" artifact. */
export async function headOf(model: Artifact): Promise<Head> {
  const b = toFloat64(await model.tensor('b'));
  return { W: toFloat64(await model.tensor('W')), b, classes: b.length };
}

const ROWS_AT_ONCE = 1024;

/** The class of the largest logit of every row; the first on ties. */
export async function predictRows(a: RowSource, head: Head, control: Control): Promise<Int32Array> {
  const predicted = new Int32Array(a.rows);
  for (let start = 0; start < a.rows; start += ROWS_AT_ONCE) {
    control.throwIfCancelled();
    const end = Math.min(a.rows, start + ROWS_AT_ONCE);
    const block = await a.read(start, end);
    for (let row = 0; row < end - start; row++) predicted[start + row] = largest(block, row * a.columns, a.columns, head);
  }
  return predicted;
}

function largest(block: Float64Array, offset: number, width: number, { W, b, classes }: Head): number {
  const logits = Float64Array.from(b);
  for (let channel = 0; channel < width; channel++) {
    const value = block[offset + channel]!;
    if (value !== 0) for (let c = 0; c < classes; c++) logits[c]! += value * W[channel * classes + c]!;
  }
  let best = 0;
  for (let c = 1; c < classes; c++) if (logits[c]! > logits[best]!) best = c;
  return best;
}
