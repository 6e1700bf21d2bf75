/** 0..count−1. */
export function everyIndex(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}
