import { cutRight, largestOfColumns } from './cut-digits.js';
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
  const { buffer, byteOffset } = storage(8 * columns + digits * plane);
  const scale = new Float64Array(buffer, byteOffset, columns).fill(0);
  const values = { matrix, offset, stride, rows: steps, columns };
  largestOfColumns(values, scale);
  for (let column = 0; column < columns; column += 1) scale[column] = digitScale(scale[column]!, `column ${column} of the right operand`);
  const at = byteOffset + 8 * columns;
  cutRight(values, digits, scale, new Uint8Array(buffer, at, digits * plane));
  return { steps, columns, digits, bytes: new Int8Array(buffer, at, digits * plane), scale };
}
