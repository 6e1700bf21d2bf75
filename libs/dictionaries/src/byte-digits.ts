import { exponentFor, largestInteger, powerOfTwo } from '@fathom/exact';
import { bringArrayBack, KernelLayout, kernels, layArray, placeForArray } from '@fathom/kernels';
import { ROUND } from './chunk-planes.js';

/** Digits of a factor of products with planed rows: 16 bits where a rough factor will do, or 24. */
export type Digits = 2 | 3;

/** Values that are worked on at a time: they fit a processor's cache. */
const MOST_VALUES = 2 ** 15;

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
  /** 2·columns × digits·count; shared. */
  readonly bytes: Int8Array;
  /** What the product of a row with a vector, as an integer, is multiplied with. */
  readonly unit: Float64Array;
}

/** Room for the digits of vectors. */
export function emptyVectors(count: number, columns: number, digits: Digits): VectorDigits {
  return { count, digits, bytes: new Int8Array(new SharedArrayBuffer(2 * columns * digits * count)), unit: new Float64Array(count) };
}

/**
 * Cuts vectors (count × columns, row-major) into digits, a power of two a vector, for rows in fixed point with `scale`.
 * A level of a product is one column of the right factor: [v0; 0], [v1; v0], [v2; v1] under [high | low], so that one integer product
 * gives all of them; low times the last digit, below 2⁻²⁴ of the largest term with three digits and 2⁻¹⁶ with two, is left out.
 */
export function cutVectors(vectors: Float64Array, scale: Float64Array, into: VectorDigits): void {
  const { count, digits, bytes, unit } = into;
  const columns = scale.length;
  const line = digits * count;
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
    // Zeros, and the digits: [0; v0; v1; v2], the columns still along rows.
    const cut = layout.take((count + line) * width);
    memory.bytes.fill(0, cut, cut + count * width);
    for (let j = 0; j < count; j++) {
      const from = j * columns + first;
      for (let c = 0; c < chosen; c++) memory.float64[row / 8 + c] = toInteger(vectors[from + c]! * weights[first + c]!, own[j]!, most);
      kernel.cutColumns(row, 0, ones, 1, width, digits, cut + (count + j) * width, count * width);
    }
    for (const [rows, to] of [
      [cut + count * width, first],
      [cut, columns + first],
    ] as const) {
      kernel.transposeBytes(rows, width, line, chosen, 0, out, line);
      bytes.set(new Int8Array(memory.bytes.buffer, out, chosen * line), to * line);
    }
  }
}

/** To a multiple of a register's sixteen bytes, at least one. */
function roundUp(length: number): number {
  return 16 * Math.max(1, Math.ceil(length / 16));
}

/** Products of rows with vectors, rows × count, from their levels; written over `out`. */
export function joinLevels(levels: Int32Array, rows: number, { count, digits, unit }: VectorDigits, out: Float64Array): void {
  const height = Math.max(1, Math.floor(MOST_VALUES / count));
  for (let first = 0; first < rows; first += height) {
    const end = Math.min(rows, first + height);
    const layout = new KernelLayout();
    const from = layArray(levels.subarray(first * digits * count, end * digits * count), layout);
    const part = out.subarray(first * count, end * count);
    const to = placeForArray(part, layout);
    kernels().joinLevels(from, end - first, count, digits, layArray(unit, layout), to);
    bringArrayBack(part, to);
  }
}
