import { InputError } from '@fathom/errors';

/** Most steps of one product: 65,536 × 255 × 128 stays below 2³¹ (docs/measures.md §10.3). */
export const MOST_STEPS = 65_536;

/** Who multiplies, and how; provenance names it. */
export interface EngineFacts {
  /** "onnxruntime", "tensorflow" or "reference". */
  readonly name: string;
  readonly version: string;
  /** The way taken, such as "u8×s8 in int32" or "float32, 512 steps a block". */
  readonly way: string;
}

/**
 * Exact products of matrices of bytes: the one primitive that every engine implements, and that all sums over rows and all large
 * solves are made of (docs/measures.md §10.3). The result is an integer, so it does not depend on who computes it.
 */
export interface IntegerEngine extends EngineFacts {
  /**
   * out = (left − 128)·right.
   *
   * @param left rows × steps, row-major; each value plus 128, so that −128..127 is stored as 0..255
   * @param right steps × columns, row-major
   * @param out rows × columns, row-major; written over
   * The arrays may be shared between threads.
   * @throws InputError where steps is above {@link MOST_STEPS} or an array has another length
   */
  product(left: Uint8Array, right: Int8Array, shape: ProductShape, out: Int32Array): Promise<void>;
}

/** Shape of a product: left is rows × steps, right steps × columns. */
export interface ProductShape {
  readonly rows: number;
  readonly steps: number;
  readonly columns: number;
}

/** @throws InputError where steps is above {@link MOST_STEPS} or an array has another length than the shape says */
export function checkProduct(left: Uint8Array, right: Int8Array, { rows, steps, columns }: ProductShape, out: Int32Array): void {
  if (!Number.isInteger(steps) || steps < 0 || steps > MOST_STEPS)
    throw new InputError({ field: 'steps', problem: 'out of range', value: steps, accepted: `0 to ${MOST_STEPS}` });
  const lengths = [
    ['left', left.length, rows * steps],
    ['right', right.length, steps * columns],
    ['out', out.length, rows * columns],
  ] as const;
  for (const [field, value, expected] of lengths)
    if (value !== expected) throw new InputError({ field, problem: 'wrong number of values', value, accepted: `${expected} values` });
}
