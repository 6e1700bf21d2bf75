import { DigitCutter } from './digit-cutter.js';
import { digitScale, ownStorage, requireDigits, requireInside, type CutOptions } from './digit-scale.js';

/**
 * A right operand of products by digits (docs/measures.md §10.3, the Ozaki scheme): column j times a power of two, scale[j], is
 * Σ_l digit_l·2^(−8l), digits in −128..127, rounded half to even at the last. Plain data: it can be sent to threads, or shared by them.
 *
 * The bytes are those that integer products read: the last digits of the whole operand, steps × columns, then the last but one, …,
 * then the first, so that what a level reads, [digit_level; …; digit_0], are the last bytes.
 */
export interface RightDigits {
  readonly steps: number;
  readonly columns: number;
  readonly digits: number;
  readonly bytes: Int8Array;
  /** One power of two a column. */
  readonly scale: Float64Array;
}

/**
 * Cuts a right operand, or a tile of its columns, into digits.
 *
 * @param matrix steps × columns, row-major, finite, |x| < 2^900
 * @throws InputError where a value is not finite, or the shape or the number of digits is none
 */
export function rightDigits(matrix: Float64Array, steps: number, columns: number, options: CutOptions): RightDigits {
  const { digits, offset = 0, stride = columns, storage = ownStorage } = options;
  requireDigits(digits);
  requireInside(matrix, steps, columns, offset, stride);
  const plane = steps * columns;
  const buffer = storage(8 * columns + digits * plane);
  const scale = new Float64Array(buffer, 0, columns).fill(0);
  for (let step = 0; step < steps; step += 4) {
    const from = offset + step * stride;
    if (step + 3 < steps) raiseToSizes(scale, matrix, from, from + stride, from + 2 * stride, from + 3 * stride);
    else for (let row = from; row < from + (steps - step) * stride; row += stride) raiseToSizes(scale, matrix, row, row, row, row);
  }
  for (let column = 0; column < columns; column += 1) scale[column] = digitScale(scale[column]!, `column ${column} of the right operand`);
  const bytes = new Uint8Array(buffer, 8 * columns, digits * plane);
  const cutter = new DigitCutter(columns, digits, 'signed');
  const first = (digits - 1) * plane;
  for (let step = 0; step < steps; step += 1) cutter.cut(matrix, offset + step * stride, columns, scale, bytes, first + step * columns, -plane);
  return { steps, columns, digits, bytes: new Int8Array(buffer, 8 * columns, digits * plane), scale };
}

/** Each becomes the largest of itself and the sizes of its values in four rows, one after the other; NaN where one is NaN. */
function raiseToSizes(most: Float64Array, values: Float64Array, row0: number, row1: number, row2: number, row3: number): void {
  for (let column = 0; column < most.length; column += 1) {
    // Always against the largest so far: a processor foresees how that comparison ends, but not which of two values is larger.
    let largest = Math.max(most[column]!, Math.abs(values[row0 + column]!));
    largest = Math.max(largest, Math.abs(values[row1 + column]!));
    largest = Math.max(largest, Math.abs(values[row2 + column]!));
    most[column] = Math.max(largest, Math.abs(values[row3 + column]!));
  }
}
