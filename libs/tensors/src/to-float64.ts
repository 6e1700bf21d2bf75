import { InputError } from '@fathom/errors';
import { bytesPerElement, type DType } from './dtype.js';
import { floatInto } from './float-into.js';
import { tensorBytes, type Tensor } from './tensor.js';

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
  floatInto(dtype, raw, out, 0);
  return out;
}
