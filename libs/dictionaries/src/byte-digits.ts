import { exponentFor, largestInteger, powerOfTwo } from '@fathom/exact';
import { ROUND } from './chunk-planes.js';

/** Digits of a factor of products with planed rows: 24 bits. */
export const DIGITS = 3;
/** Largest magnitude of such an integer. */
export const MOST = largestInteger(24);

/** The power of two by which values of at most this size become integers of 24 bits; 1 where the size is 0. */
export function scaleFor(largest: number): number {
  return largest > 0 ? powerOfTwo(exponentFor(largest, MOST)) : 1;
}

/** The integer of 24 bits nearest to value·scale, half to even; beyond the range, its end. */
export function toInteger(value: number, scale: number): number {
  const q = value * scale + ROUND - ROUND;
  return q > MOST ? MOST : q < -MOST ? -MOST : q;
}

/** Vectors as the right factor of an integer product with planed rows: see {@link cutVectors}. */
export interface VectorDigits {
  readonly count: number;
  /** 2·columns × 3·count; shared. */
  readonly bytes: Int8Array;
  /** What the product of a row with a vector, as an integer, is multiplied with. */
  readonly unit: Float64Array;
}

/** Room for the digits of vectors. */
export function emptyVectors(count: number, columns: number): VectorDigits {
  return { count, bytes: new Int8Array(new SharedArrayBuffer(2 * columns * DIGITS * count)), unit: new Float64Array(count) };
}

/**
 * Cuts vectors (count × columns, row-major) into three digits each, a power of two a vector, for rows in fixed point with `scale`.
 * A level of a product is one column of the right factor: [v0; 0], [v1; v0], [v2; v1] under [high | low], so that one integer product
 * gives all three; low·v2, below 2⁻²⁴ of the largest term, is left out.
 */
export function cutVectors(vectors: Float64Array, scale: Float64Array, into: VectorDigits): void {
  const { count, bytes, unit } = into;
  const columns = scale.length;
  const line = DIGITS * count;
  const smallest = scale.reduce((least, factor) => Math.min(least, factor), Infinity);
  const weights = scale.map((factor) => smallest / factor);
  for (let j = 0; j < count; j++) {
    let largest = 0;
    for (let c = 0; c < columns; c++) largest = Math.max(largest, Math.abs(vectors[j * columns + c]! * weights[c]!));
    const own = scaleFor(largest);
    unit[j] = 256 / own / smallest;
    for (let c = 0; c < columns; c++) {
      const q = toInteger(vectors[j * columns + c]! * weights[c]!, own);
      const middle = (q + 128) >> 8;
      const high = (middle + 128) >> 8;
      const second = middle - high * 256;
      const above = c * line + j;
      const below = (columns + c) * line + j;
      bytes[above] = high;
      bytes[above + count] = second;
      bytes[above + 2 * count] = q - middle * 256;
      bytes[below] = 0;
      bytes[below + count] = high;
      bytes[below + 2 * count] = second;
    }
  }
}

/** Products of rows with vectors, rows × count, from their three levels. */
export function joinLevels(levels: Int32Array, rows: number, { count, unit }: VectorDigits): Float64Array {
  const out = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) {
    const from = i * DIGITS * count;
    for (let j = 0; j < count; j++)
      out[i * count + j] = (levels[from + j]! * 65_536 + levels[from + count + j]! * 256 + levels[from + 2 * count + j]!) * unit[j]!;
  }
  return out;
}
