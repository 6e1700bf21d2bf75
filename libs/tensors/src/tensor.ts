import { InputError } from '@fathom/errors';
import { bytesPerElement, type DType } from './dtype.js';
import { matrixShape } from './shape.js';

/** The arrays that hold tensors' elements. */
export type TypedArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** An array with a name, in memory, row-major. */
export interface Tensor {
  readonly name: string;
  readonly dtype: DType;
  /** Sizes of the dimensions; [] is a scalar. */
  readonly shape: readonly number[];
  /** The elements: F16 and BF16 as their bits in a Uint16Array, I64 as BigInt64Array, BOOL as Uint8Array of 0 and 1. */
  readonly data: TypedArray;
}

const ARRAYS = {
  F16: Uint16Array,
  BF16: Uint16Array,
  F32: Float32Array,
  F64: Float64Array,
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  I32: Int32Array,
  I64: BigInt64Array,
  BOOL: Uint8Array,
} as const;

/**
 * Checks that a tensor holds what it says: the array type of its dtype and as many elements as its shape has.
 * @throws InputError naming the tensor.
 */
export function checkTensor(tensor: Tensor): void {
  const { elements } = matrixShape(tensor.shape, tensor.name);
  const wanted = ARRAYS[tensor.dtype];
  if (wanted === undefined || !(tensor.data instanceof wanted))
    throw new InputError({
      field: tensor.name,
      problem: `the elements of a ${tensor.dtype} tensor are held in the wrong array type`,
      value: Object.prototype.toString.call(tensor.data).slice(8, -1),
      accepted: wanted?.name ?? Object.keys(ARRAYS).join(', '),
    });
  if (tensor.data.length !== elements)
    throw new InputError({
      field: tensor.name,
      problem: `wrong number of elements for shape [${tensor.shape.join(', ')}]`,
      value: tensor.data.length,
      accepted: String(elements),
    });
}

/** The bytes of rows start..end−1 of a tensor (all of them by default), little-endian, without a copy. */
export function tensorBytes(tensor: Tensor, start = 0, end?: number): Uint8Array {
  const { rows, columns } = matrixShape(tensor.shape, tensor.name);
  const row = columns * bytesPerElement(tensor.dtype);
  return new Uint8Array(tensor.data.buffer, tensor.data.byteOffset + start * row, ((end ?? rows) - start) * row);
}

/**
 * A tensor over the given little-endian bytes: a view of them where they are aligned for the dtype, else a copy.
 * @throws InputError when the bytes are not as many as dtype and shape need.
 */
export function tensorOver(name: string, dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  const { elements } = matrixShape(shape, name);
  const size = bytesPerElement(dtype);
  if (bytes.length !== elements * size)
    throw new InputError({
      field: name,
      problem: `wrong number of bytes for ${dtype} [${shape.join(', ')}]`,
      value: bytes.length,
      accepted: String(elements * size),
    });
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  return { name, dtype, shape, data: new ARRAYS[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, elements) };
}

/** Rows start..end−1 of a tensor as a tensor of the same name, without a copy. Its shape must have a dimension. */
export function sliceRows(tensor: Tensor, start: number, end: number): Tensor {
  const { columns } = matrixShape(tensor.shape, tensor.name);
  return { ...tensor, shape: [end - start, ...tensor.shape.slice(1)], data: tensor.data.subarray(start * columns, end * columns) };
}

/** A tensor of float64 values. @throws InputError when shape and number of values differ. */
export function float64Tensor(name: string, shape: readonly number[], data: Float64Array): Tensor {
  const tensor: Tensor = { name, dtype: 'F64', shape, data };
  checkTensor(tensor);
  return tensor;
}
