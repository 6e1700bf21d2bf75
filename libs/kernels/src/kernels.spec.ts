import { keptBytes, KernelLayout, kernels } from './kernels.js';

it('are made once a thread, over one memory', () => {
  expect(kernels()).toBe(kernels());
  const { bytes, int32, float64 } = kernels().memory;
  expect([int32.buffer, float64.buffer]).toEqual([bytes.buffer, bytes.buffer]);
});

it('parts of their memory lie apart, aligned, and never at 0', () => {
  const layout = new KernelLayout();
  const [first, second] = [layout.take(10), layout.take(8)];
  expect(first).toBeGreaterThan(0);
  expect([first % 64, second % 64]).toEqual([0, 0]);
  expect(second).toBeGreaterThanOrEqual(first + 10 + 16);
});

it('more than there is cannot be taken', () => {
  expect(() => new KernelLayout().take(2 ** 23)).toThrow(RangeError);
});

it('bytes that are kept lie after what calls use, apart from each other, and are given out again once they are given back', () => {
  const [first, second] = [keptBytes(1000), keptBytes(1000)];
  expect([first.buffer, first.length, second.length]).toEqual([kernels().memory.bytes.buffer, 1000, 1000]);
  expect(first.byteOffset).toBeGreaterThan(new KernelLayout().take(1));
  expect(second.byteOffset).toBeGreaterThanOrEqual(first.byteOffset + 1000 + 16);
  const larger = keptBytes(2000, first);
  expect(larger.byteOffset).toBeGreaterThan(second.byteOffset);
  expect(keptBytes(900)).toBe(first);
});

it('where no room is left, they are in memory of their own', () => {
  expect(keptBytes(2 ** 30).buffer).not.toBe(kernels().memory.bytes.buffer);
});
