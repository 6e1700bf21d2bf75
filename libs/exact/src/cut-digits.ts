import { KernelLayout, kernels } from '@fathom/kernels';

import { forParts, isKept, lay, PART, type MatrixPart } from './matrix-part.js';

const WEIGHT = [1, 256, 65_536, 16_777_216] as const; // 256^l
/** Bytes that a kernel writes at a time. */
const REGISTER = 16;

/** Raises each of `most`, one a column, to the largest size in its column; NaN where one is NaN. */
export function largestOfColumns(values: MatrixPart, most: Float64Array): void {
  const { memory, ...kernel } = kernels();
  forParts(values, isKept(values.matrix) ? Infinity : PART, (part, _row, column) => {
    const layout = new KernelLayout();
    const { at, pitch } = lay(part, layout);
    const sizes = layout.take(8 * part.columns);
    memory.float64.set(most.subarray(column, column + part.columns), sizes / 8);
    kernel.largestOfColumns(at, pitch, part.rows, part.columns, sizes);
    most.set(memory.float64.subarray(sizes / 8, sizes / 8 + part.columns), column);
  });
}

/** Raises each of `most`, one a row, to the largest size in its row; NaN where one is NaN. */
export function largestOfRows(values: MatrixPart, most: Float64Array): void {
  const { memory, ...kernel } = kernels();
  forParts(values, isKept(values.matrix) ? Infinity : PART, (part, row) => {
    const layout = new KernelLayout();
    const { at, pitch } = lay(part, layout);
    const sizes = layout.take(8 * part.rows);
    kernel.largestOfRows(at, pitch, part.rows, part.columns, sizes);
    for (let r = 0; r < part.rows; r += 1) most[row + r] = Math.max(most[row + r]!, memory.float64[sizes / 8 + r]!);
  });
}

/**
 * Cuts values into signed digits −128..127, value·scale = Σ_l digit_l·2^(−8l), rounded half to even at the last: all last digits, then
 * all last but one, and so on to the first.
 * @param scale one power of two a column; value·scale is at most 127.49609375 in size
 * @param bytes digits × rows × columns
 */
export function cutRight(values: MatrixPart, digits: number, scale: Float64Array, bytes: Uint8Array): void {
  const { memory, ...kernel } = kernels();
  const { rows: steps, columns: all } = values;
  // A kernel writes whole registers: where rows are none, it would write over the rows of another digit.
  const inPlace = isKept(bytes) && all % REGISTER === 0;
  forParts(values, inPlace && isKept(values.matrix) ? Infinity : PART, (part, row, column) => {
    const { rows, columns } = part;
    const layout = new KernelLayout();
    const { at, pitch } = lay(part, layout);
    const scales = weighed(scale.subarray(column, column + columns), digits, layout);
    const start = (digit: number): number => ((digits - 1 - digit) * steps + row) * all + column;
    if (inPlace && columns === all) {
      kernel.cutColumns(at, pitch, scales, rows, columns, digits, bytes.byteOffset + start(0), -steps * all);
      return;
    }
    const apart = rows * columns + REGISTER;
    const to = layout.take(digits * apart);
    kernel.cutColumns(at, pitch, scales, rows, columns, digits, to, apart);
    for (let digit = 0; digit < digits; digit += 1) {
      const from = to + digit * apart;
      if (columns === all) bytes.set(memory.bytes.subarray(from, from + rows * columns), start(digit));
      else for (let r = 0; r < rows; r += 1) bytes.set(memory.bytes.subarray(from + r * columns, from + (r + 1) * columns), start(digit) + r * all);
    }
  });
}

/**
 * Cuts values into digits + 128 for a left operand: level after level, rows × [digit_0 | … | digit_level]; where there is a level more
 * than digits, [digit_1 | … | digit_last].
 * @param scale one power of two a row; value·scale is at most 127.49609375 in size
 * @param values of at most 65,536 / digits columns
 * @param bytes may be longer: up to 15 bytes after the last are written over
 */
export function cutLeft(values: MatrixPart, digits: number, levels: number, scale: Float64Array, bytes: Uint8Array): void {
  const { memory, ...kernel } = kernels();
  const { rows: all, columns: steps } = values;
  const ofRow = Array.from({ length: levels }, (_, level) => steps * (level < digits ? level + 1 : digits - 1));
  const bytesOfRow = ofRow.reduce((sum, length) => sum + length, 0);
  const inPlace = isKept(bytes);
  forParts(values, inPlace && isKept(values.matrix) ? Infinity : Math.max(PART, steps), (part, row) => {
    const layout = new KernelLayout();
    const { at, pitch } = lay(part, layout);
    const scales = weighed(scale.subarray(row, row + part.rows), digits, layout);
    if (inPlace && part.rows === all) {
      kernel.cutRows(at, pitch, scales, all, steps, digits, levels, bytes.byteOffset);
      return;
    }
    let from = layout.take(part.rows * bytesOfRow);
    kernel.cutRows(at, pitch, scales, part.rows, steps, digits, levels, from);
    let start = 0;
    for (const length of ofRow) {
      bytes.set(memory.bytes.subarray(from, from + part.rows * length), start + row * length);
      from += part.rows * length;
      start += all * length;
    }
  });
}

/** Scales as the kernels want them: times 256 for each digit after the first of the first four. */
function weighed(scale: Float64Array, digits: number, layout: KernelLayout): number {
  const { float64 } = kernels().memory;
  const weight = WEIGHT[Math.min(digits, 4) - 1]!;
  const at = layout.take(8 * scale.length);
  for (let index = 0; index < scale.length; index += 1) float64[at / 8 + index] = scale[index]! * weight;
  return at;
}
