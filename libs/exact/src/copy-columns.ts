import { kernels } from '@fathom/kernels';

import { isKept } from './matrix-part.js';

/** out = columns from..to−1 of a matrix of bytes, rows × width. A tenth of the time where both lie in the kernels' memory. */
export function copyColumns(source: Int8Array, width: number, rows: number, from: number, to: number, out: Int8Array): void {
  const columns = to - from;
  if (isKept(source) && isKept(out)) kernels().copyColumns(source.byteOffset + from, width, rows, columns, out.byteOffset);
  else for (let row = 0, start = from; row < rows; row += 1, start += width) out.set(source.subarray(start, start + columns), row * columns);
}
