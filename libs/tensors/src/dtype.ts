/** Element types of tensors, named as in safetensors. */
export const DTYPES = ['F16', 'BF16', 'F32', 'F64', 'I8', 'U8', 'I16', 'I32', 'I64', 'BOOL'] as const;

/** One of {@link DTYPES}. */
export type DType = (typeof DTYPES)[number];

const BYTES: Readonly<Record<DType, number>> = { F16: 2, BF16: 2, F32: 4, F64: 8, I8: 1, U8: 1, I16: 2, I32: 4, I64: 8, BOOL: 1 };

/** Size of one element in bytes. */
export function bytesPerElement(dtype: DType): number {
  return BYTES[dtype];
}

/** Whether a name read from outside is a dtype that Fathom knows. */
export function isDType(name: unknown): name is DType {
  return typeof name === 'string' && Object.hasOwn(BYTES, name);
}

/** Whether the dtype can hold NaN and infinities. */
export function isFloating(dtype: DType): boolean {
  return dtype === 'F16' || dtype === 'BF16' || dtype === 'F32' || dtype === 'F64';
}
