import { InputError } from '@fathom/errors';
import { bytesPerElement, type DType } from './dtype.js';
import { halfValues } from './half-floats.js';
import { tensorBytes, tensorOver, type Tensor } from './tensor.js';

/**
 * The elements of a tensor, or of little-endian bytes of a dtype, as float64 in a new array.
 * Exact for every dtype but I64 beyond ±2^53 (rounded to nearest). BOOL: every byte but 0 is 1.
 * @throws InputError when the bytes are no whole number of elements
 */
export function toFloat64(tensor: Tensor): Float64Array;
export function toFloat64(dtype: DType, bytes: Uint8Array): Float64Array;
export function toFloat64(what: Tensor | DType, bytes?: Uint8Array): Float64Array {
  const dtype = typeof what === 'string' ? what : what.dtype;
  const raw = typeof what === 'string' ? bytes! : tensorBytes(what);
  const size = bytesPerElement(dtype);
  if (raw.length % size !== 0)
    throw new InputError({ field: dtype, problem: 'wrong number of bytes', value: raw.length, accepted: `a multiple of ${size}` });
  const out = new Float64Array(raw.length / size);
  float64Into(dtype, raw, out, 0);
  return out;
}

/** As {@link toFloat64}, written into `out` from index `at`. */
export function float64Into(dtype: DType, bytes: Uint8Array, out: Float64Array, at: number): void {
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
