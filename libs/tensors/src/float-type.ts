import type { DType } from './dtype.js';

/** A type of floating-point numbers that JavaScript computes with. */
export type FloatType = 'F32' | 'F64';

/** An array of such numbers. */
export type FloatArray = Float32Array | Float64Array;

const FLOAT_TYPES: Readonly<Record<DType, FloatType>> = {
  F16: 'F32',
  BF16: 'F32',
  F32: 'F32',
  I8: 'F32',
  U8: 'F32',
  I16: 'F32',
  BOOL: 'F32',
  F64: 'F64',
  I32: 'F64',
  I64: 'F64',
};

/** The smaller float type that holds every value of a dtype exactly; F64 for I64, which it rounds beyond ±2^53. */
export function floatTypeOf(dtype: DType): FloatType {
  return FLOAT_TYPES[dtype];
}

/** The smaller float type that surely holds the values of an array exactly. */
export function floatTypeOfArray(data: ArrayLike<number>): FloatType {
  const small =
    data instanceof Float32Array ||
    data instanceof Int16Array ||
    data instanceof Uint16Array ||
    data instanceof Int8Array ||
    data instanceof Uint8Array ||
    data instanceof Uint8ClampedArray;
  return small ? 'F32' : 'F64';
}
