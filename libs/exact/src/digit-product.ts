import { InputError } from '@fathom/errors';

import { combineLevels, type RowFactors } from './combine-levels.js';
import type { IntegerEngine } from './integer-engine.js';
import { digitsOfLevel, type LeftDigits } from './left-digits.js';
import type { RightDigits } from './right-digits.js';
import { threadArray } from './thread-array.js';

/** Where a product is written, and what with. */
export interface DigitProductOptions {
  /** First row of the left operand that is multiplied. @default 0 */
  readonly fromRow?: number;
  /** The row after the last. @default all */
  readonly toRow?: number;
  /** Where the result's first value is. @default 0 */
  readonly offset?: number;
  /** From one row of the result to the next. @default columns of the right operand */
  readonly stride?: number;
  /** Whether the product is subtracted from what is there, instead of written over it. @default false */
  readonly subtract?: boolean;
  /** A diagonal matrix times the right operand's own values (steps × columns), to be added to what is written: for a left operand that was cut without its diagonal. @default nothing */
  readonly plus?: RowFactors;
}

/**
 * out = left·right, or out −= left·right, by digits: all products of digits whose places add up to less than the number of digits
 * (docs/measures.md §10.3). With t digits, the sum C_l of those whose places add up to l is an exact integer, and the product is
 * ((C_{t−1}/256 + C_{t−2})/256 + … + C_0) divided by both scales, in that order: the same bits for every engine, tile and block.
 * Where the left operand has an extra level, C_t is one of them.
 * A thread makes one product at a time.
 * It differs from the product of the unrounded operands by at most (t + 2)·steps·2^(14 − 8t)/(scale of the row × scale of the column), and
 * with more than three digits by float64's own rounding of the levels' sum.
 *
 * @param out row-major
 * @throws InputError where the operands do not fit each other, or the result does not fit where it is written
 */
export async function digitProduct(
  left: LeftDigits,
  right: RightDigits,
  engine: IntegerEngine,
  out: Float64Array,
  options: DigitProductOptions = {},
): Promise<void> {
  const { fromRow = 0, toRow = left.rows, offset = 0, stride = right.columns, subtract = false, plus } = options;
  requireFit(left, right, out, fromRow, toRow, offset, stride);
  const columnFactors = inverses(right.scale);
  for (let first = 0; first < left.blocks.length;) {
    const { firstRow, rows } = left.blocks[first]!;
    let end = first + 1;
    while (left.blocks[end]?.firstRow === firstRow) end += 1;
    const from = Math.max(fromRow, firstRow);
    const to = Math.min(toRow, firstRow + rows);
    if (from < to) {
      const sums = await levelSums(left, right, engine, from, to, first, end);
      const part = { matrix: out, offset: offset + (from - fromRow) * stride, stride, rows: to - from, columns: right.columns };
      const factors = plus && { factors: plus.factors.subarray(from, to), matrix: plus.matrix.subarray(from * right.columns, to * right.columns) };
      combineLevels(sums, left.levels, part, {
        rowFactors: inverses(left.scale.subarray(from, to)),
        columnFactors,
        subtract,
        ...(factors ? { plus: factors } : {}),
      });
    }
    first = end;
  }
}

/** For some rows of a left operand, all in the blocks first..end−1, level after level: rows × columns exact sums of products of digits. */
async function levelSums(
  left: LeftDigits,
  right: RightDigits,
  engine: IntegerEngine,
  from: number,
  to: number,
  first: number,
  end: number,
): Promise<Int32Array | Float64Array> {
  const { digits, columns } = right;
  const { levels } = left;
  const rows = to - from;
  const area = rows * columns;
  const products = threadArray('products of digits', Int32Array, levels * area);
  const several = end - first > 1;
  const sums = several ? threadArray('sums of products of digits', Float64Array, levels * area).fill(0) : undefined;
  for (let at = first; at < end; at += 1) {
    const block = left.blocks[at]!;
    const bytes = stackedRows(right, block.firstStep, block.steps);
    const length = digits * block.steps * columns;
    for (let level = 0, start = block.at; level < levels; level += 1) {
      const steps = digitsOfLevel(level, digits) * block.steps;
      const end = level < digits ? length : steps * columns; // the level after the last begins with the last digits
      const rowStart = start + (from - block.firstRow) * steps;
      await engine.product(
        left.bytes.subarray(rowStart, rowStart + rows * steps),
        bytes.subarray(end - steps * columns, end),
        { rows, steps, columns },
        products.subarray(level * area, (level + 1) * area),
      );
      start += block.rows * steps;
    }
    if (sums !== undefined) addAll(sums, products);
  }
  return sums ?? products;
}

/** The digits of some steps of a right operand, from the last digits to the first. */
function stackedRows(right: RightDigits, firstStep: number, steps: number): Int8Array {
  const { digits, columns, bytes } = right;
  if (steps === right.steps) return bytes;
  const size = steps * columns;
  const stacked = threadArray('stacked digits', Int8Array, digits * size);
  for (let plane = 0; plane < digits; plane += 1) {
    const from = (plane * right.steps + firstStep) * columns;
    stacked.set(bytes.subarray(from, from + size), plane * size);
  }
  return stacked;
}

function addAll(sums: Float64Array, products: Int32Array): void {
  for (let at = 0; at < sums.length; at += 1) sums[at] = sums[at]! + products[at]!;
}

/** 1/scale, exactly. */
function inverses(scale: Float64Array): Float64Array {
  const inverse = new Float64Array(scale.length);
  for (let at = 0; at < scale.length; at += 1) inverse[at] = 1 / scale[at]!;
  return inverse;
}

function requireFit(left: LeftDigits, right: RightDigits, out: Float64Array, fromRow: number, toRow: number, offset: number, stride: number): void {
  const refuse = (field: string, value: unknown, accepted: string): never => {
    throw new InputError({ field, problem: 'does not fit', value, accepted });
  };
  if (left.steps !== right.steps) refuse('right operand', right.steps, `${left.steps} rows, as the left operand has columns`);
  if (left.digits !== right.digits) refuse('right operand', right.digits, `${left.digits} digits, as the left operand has`);
  if (!(fromRow >= 0 && toRow <= left.rows && fromRow <= toRow)) refuse('rows', [fromRow, toRow], `a range in 0 to ${left.rows}`);
  const end = toRow === fromRow || right.columns === 0 ? 0 : offset + (toRow - fromRow - 1) * stride + right.columns;
  if (!(offset >= 0 && stride >= right.columns && end <= out.length)) refuse('out', out.length, `at least ${end} values`);
}
