import { KernelLayout, keptBytes, kernels } from './kernels.js';
import { bringArrayBack, layArray, placeForArray } from './lay-array.js';

it('an array outside of the kernels’ memory is copied there and back', () => {
  const array = Float64Array.of(0, 1, 2, 3).subarray(1);
  const at = layArray(array, new KernelLayout());
  const there = kernels().memory.float64.subarray(at / 8, at / 8 + 3);
  expect(there).toEqual(array);
  there.fill(7);
  expect([...array]).toEqual([1, 2, 3]);
  bringArrayBack(array, at);
  expect([...array]).toEqual([7, 7, 7]);
});

it('one that lies there stays where it is', () => {
  const { buffer, byteOffset } = keptBytes(64);
  const array = new Int32Array(buffer, byteOffset, 16);
  const layout = new KernelLayout();
  expect([layArray(array, layout), placeForArray(array, layout)]).toEqual([byteOffset, byteOffset]);
  expect(layout.take(8)).toBe(new KernelLayout().take(8));
});
