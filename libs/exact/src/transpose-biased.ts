import { KernelLayout, kernels, layArray } from '@fathom/kernels';

import { isKept } from './matrix-part.js';

/** Rows and columns of a square that stays in the cache. */
const EDGE = 64;
/** Bytes that are turned at a time: they fit a processor's cache, also where they are copied into the kernels' memory first. */
const BAND = 2 ** 17;
/** Rows that a kernel turns at a time. */
const REGISTER = 16;
/** Turns a signed byte into the unsigned one that is 128 more. */
const FLIP = 0x80;

/**
 * out[c − from][r] = source[r][c] + 128 for the chosen columns of a matrix of bytes, rows × width. An eighth of the time where `out`
 * is in the kernels' memory; then up to 15 bytes after it are written over.
 */
export function transposeBiased(source: Int8Array, width: number, rows: number, from: number, to: number, out: Uint8Array): void {
  if (!isKept(out)) return transposePlain(source, width, rows, from, to, out);
  const height = Math.ceil(BAND / width / REGISTER) * REGISTER;
  // From the last rows to the first: a kernel writes whole registers, and what is too much is written over by what comes after it.
  for (let top = height * Math.floor((rows - 1) / height); top >= 0; top -= height) {
    const bottom = Math.min(rows, top + height);
    const at = layArray(source.subarray(top * width, bottom * width), new KernelLayout());
    kernels().transposeBytes(at + from, width, bottom - top, to - from, FLIP, out.byteOffset + top, rows);
  }
}

function transposePlain(source: Int8Array, width: number, rows: number, from: number, to: number, out: Uint8Array): void {
  for (let top = 0; top < rows; top += EDGE) {
    const bottom = Math.min(rows, top + EDGE);
    for (let left = from; left < to; left += EDGE) {
      const right = Math.min(to, left + EDGE);
      for (let column = left; column < right; column += 1) {
        const line = (column - from) * rows;
        for (let row = top; row < bottom; row += 1) out[line + row] = source[row * width + column]! + 128;
      }
    }
  }
}
