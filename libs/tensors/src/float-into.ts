import { bytesPerElement, type DType } from './dtype.js';
import type { FloatArray } from './float-type.js';
import { halfValues } from './half-floats.js';
import { tensorOver } from './tensor.js';

/**
 * Writes the elements that little-endian bytes of a dtype hold into an array, from index `at`; one copy of memory where both are of one type.
 * BOOL: every byte but 0 is 1. Exact where the array is of the dtype's {@link floatTypeOf} or wider, but for I64 beyond ±2^53 (rounded to nearest).
 */
export function floatInto(dtype: DType, bytes: Uint8Array, out: FloatArray, at: number): void {
  const { data } = tensorOver('elements', dtype, [bytes.length / bytesPerElement(dtype)], bytes);
  const n = data.length;
  if (dtype === 'F16' || dtype === 'BF16') {
    const values = halfValues(dtype);
    const bits = data as Uint16Array;
    for (let i = 0; i < n; i++) out[at + i] = values[bits[i]!]!;
  } else if (dtype === 'BOOL') {
    const flags = data as Uint8Array;
    for (let i = 0; i < n; i++) out[at + i] = flags[i]! === 0 ? 0 : 1;
  } else if (dtype === 'I64') {
    const integers = data as BigInt64Array;
    for (let i = 0; i < n; i++) out[at + i] = Number(integers[i]!);
  } else {
    out.set(data as Exclude<typeof data, BigInt64Array>, at);
  }
}
