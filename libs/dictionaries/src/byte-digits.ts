import { exponentFor, largestInteger, powerOfTwo } from '@fathom/exact';
import { bringArrayBack, KernelLayout, kernels, layArray, placeForArray } from '@fathom/kernels';

/** Digits of a factor of products with planed rows: 16 bits where a rough factor will do, or 24. */
export type Digits = 2 | 3;

/** Values that are worked on at a time: they fit a processor's cache. */
const MOST_VALUES = 2 ** 15;

/** Adding and subtracting 1.5·2⁵² rounds to the nearest integer, half to even. */
export const ROUND = 6_755_399_441_055_744;

/** Largest magnitude of an integer of so many digits. */
export function mostOf(digits: Digits): number {
  return largestInteger(digits === 2 ? 16 : 24);
}

/** The power of two by which values of at most this size become integers of so many digits; 1 where the size is 0. */
export function scaleFor(largest: number, digits: Digits): number {
  return largest > 0 ? powerOfTwo(exponentFor(largest, mostOf(digits))) : 1;
}

/** The integer of at most `most` in size that is nearest to value·scale, half to even; beyond the range, its end. */
export function toInteger(value: number, scale: number, most: number): number {
  const q = value * scale + ROUND - ROUND;
  return q > most ? most : q < -most ? -most : q;
}

/** Vectors as the right factor of an integer product with planed rows: see {@link cutVectors}. */
export interface VectorDigits {
  readonly count: number;
  readonly digits: Digits;
  /** columns × {@link lineOf}(digits, count), digit by digit, for the high bytes of rows; shared. */
  readonly high: Int8Array;
  /** The same for the low bytes, without the last digit. */
  readonly low: Int8Array;
  /** What the product of a row with a vector, as an integer, is multiplied with. */
  readonly unit: Float64Array;
}

/** Columns of a product with so many digits of vectors: whole registers, the last ones without meaning, for engines are slower by a third otherwise. */
export function lineOf(digits: number, count: number): number {
  return roundUp(digits * count);
}

/** Room for the digits of vectors. */
export function emptyVectors(count: number, columns: number, digits: Digits): VectorDigits {
  const room = (kept: number): Int8Array => new Int8Array(new SharedArrayBuffer(columns * lineOf(kept, count)));
  return { count, digits, high: room(digits), low: room(digits - 1), unit: new Float64Array(count) };
}

/**
 * Cuts vectors (count × columns, row-major) into digits, a power of two a vector, for rows in fixed point with `scale`.
 * Low bytes times the last digit, below 2⁻²⁴ of the largest term with three digits and 2⁻¹⁶ with two, is left out.
 */
export function cutVectors(vectors: Float64Array, scale: Float64Array, into: VectorDigits): void {
  const { count, digits, high, low, unit } = into;
  const columns = scale.length;
  const line = lineOf(digits, count);
  const smallest = scale.reduce((least, factor) => Math.min(least, factor), Infinity);
  const weights = scale.map((factor) => smallest / factor);
  const most = mostOf(digits);
  const own = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    let largest = 0;
    for (let c = 0; c < columns; c++) largest = Math.max(largest, Math.abs(vectors[j * columns + c]! * weights[c]!));
    own[j] = scaleFor(largest, digits);
    unit[j] = 256 / own[j]! / smallest;
  }
  const { memory, ...kernel } = kernels();
  const width = Math.min(roundUp(columns), roundUp(MOST_VALUES / count)); // whole registers: what kernels write is nobody else's
  for (let first = 0; first < columns; first += width) {
    const chosen = Math.min(width, columns - first);
    const layout = new KernelLayout();
    const [row, ones, out] = [layout.take(8 * width), layout.take(8 * width), layout.take(chosen * line)];
    memory.float64.fill(1, ones / 8, ones / 8 + width);
    const cut = layout.take(line * width); // the columns still along rows
    for (let j = 0; j < count; j++) {
      const from = j * columns + first;
      for (let c = 0; c < chosen; c++) memory.float64[row / 8 + c] = toInteger(vectors[from + c]! * weights[first + c]!, own[j]!, most);
      kernel.cutColumns(row, 0, ones, 1, width, digits, cut + j * width, count * width);
    }
    for (const [bytes, kept] of [
      [high, line],
      [low, lineOf(digits - 1, count)],
    ] as const) {
      kernel.transposeBytes(cut, width, kept, chosen, 0, out, kept);
      bytes.set(new Int8Array(memory.bytes.buffer, out, chosen * kept), first * kept);
    }
  }
}

/** To a multiple of a register's sixteen bytes, at least one. */
function roundUp(length: number): number {
  return 16 * Math.max(1, Math.ceil(length / 16));
}

/** Products of rows with vectors, rows × count, from those with so many of their digits, rows × {@link lineOf}; written over `out`. */
export function joinLevels(levels: Int32Array, rows: number, digits: number, { count, unit }: VectorDigits, out: Float64Array): void {
  const line = lineOf(digits, count);
  const height = Math.max(1, Math.floor(MOST_VALUES / count));
  for (let first = 0; first < rows; first += height) {
    const end = Math.min(rows, first + height);
    const layout = new KernelLayout();
    const from = layArray(levels.subarray(first * line, end * line), layout);
    const part = out.subarray(first * count, end * count);
    const to = placeForArray(part, layout);
    kernels().joinLevels(from, 4 * line, end - first, count, digits, layArray(unit, layout), to);
    bringArrayBack(part, to);
  }
}
