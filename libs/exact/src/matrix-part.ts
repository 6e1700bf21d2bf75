import { kernels, type Address, type KernelLayout } from '@fathom/kernels';

/** Part of a row-major matrix. */
export interface MatrixPart {
  readonly matrix: Float64Array;
  /** Where its first value is. */
  readonly offset: number;
  /** From one row to the next. */
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
}

/** Where the kernels find a part, and bytes from row to row. */
export interface Place {
  readonly at: Address;
  readonly pitch: number;
}

/** Values that are copied into the kernels' memory at a time: they, and what becomes of them, fit a processor's cache. */
export const PART = 16_384;

/** Some rows of a part, and some of its columns. */
export function partOf({ matrix, offset, stride }: MatrixPart, row: number, rows: number, column: number, columns: number): MatrixPart {
  return { matrix, offset: offset + row * stride + column, stride, rows, columns };
}

/** Whether an array lies in the kernels' memory, so that they can work on it without a copy. */
export function isKept(array: { readonly buffer: ArrayBufferLike }): boolean {
  return array.buffer === kernels().memory.bytes.buffer;
}

/** A part for the kernels to read: where it is, or a copy. */
export function lay(part: MatrixPart, layout: KernelLayout): Place {
  const place = placeFor(part, layout);
  if (isKept(part.matrix)) return place;
  const { matrix, offset, stride, rows, columns } = part;
  const { float64 } = kernels().memory;
  if (stride === columns) float64.set(matrix.subarray(offset, offset + rows * columns), place.at / 8);
  else
    for (let row = 0, from = offset, to = place.at / 8; row < rows; row += 1, from += stride, to += columns)
      float64.set(matrix.subarray(from, from + columns), to);
  return place;
}

/** Where the kernels write a part: where it is, or where {@link bringBack} takes it from. */
export function placeFor({ matrix, offset, stride, rows, columns }: MatrixPart, layout: KernelLayout): Place {
  if (isKept(matrix)) return { at: matrix.byteOffset + 8 * offset, pitch: 8 * stride };
  return { at: layout.take(8 * rows * columns), pitch: 8 * columns };
}

/** Copies what kernels wrote to where it belongs, unless they wrote it there. */
export function bringBack({ matrix, offset, stride, rows, columns }: MatrixPart, { at }: Place): void {
  if (isKept(matrix)) return;
  const { float64 } = kernels().memory;
  const start = at / 8;
  if (stride === columns) matrix.set(float64.subarray(start, start + rows * columns), offset);
  else
    for (let row = 0, from = start, to = offset; row < rows; row += 1, from += columns, to += stride)
      matrix.set(float64.subarray(from, from + columns), to);
}

/** Calls with parts of at most so many values, whole rows if they are not wider than that. */
export function forParts(whole: MatrixPart, most: number, visit: (part: MatrixPart, row: number, column: number) => void): void {
  const width = Math.min(whole.columns, most);
  const height = Math.max(1, Math.floor(most / Math.max(1, width)));
  for (let column = 0; column < whole.columns; column += width) {
    const columns = Math.min(width, whole.columns - column);
    for (let row = 0; row < whole.rows; row += height) visit(partOf(whole, row, Math.min(height, whole.rows - row), column, columns), row, column);
  }
}
