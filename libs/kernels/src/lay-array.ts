import { kernels, type Address, type KernelLayout } from './kernels.js';

/** What can lie in the kernels' memory. */
type Numbers = Float64Array | Int32Array | Int8Array | Uint8Array;

/** Where kernels read an array: where it is, or a copy. */
export function layArray(array: Numbers, layout: KernelLayout): Address {
  const at = placeForArray(array, layout);
  if (!isThere(array)) kernels().memory.bytes.set(bytesOf(array), at);
  return at;
}

/** Where kernels write an array: where it is, or where {@link bringArrayBack} takes it from. */
export function placeForArray(array: Numbers, layout: KernelLayout): Address {
  return isThere(array) ? array.byteOffset : layout.take(array.byteLength);
}

/** Copies what kernels wrote to where it belongs, unless they wrote it there. */
export function bringArrayBack(array: Numbers, at: Address): void {
  if (!isThere(array)) bytesOf(array).set(kernels().memory.bytes.subarray(at, at + array.byteLength));
}

function isThere({ buffer }: Numbers): boolean {
  return buffer === kernels().memory.bytes.buffer;
}

function bytesOf({ buffer, byteOffset, byteLength }: Numbers): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
