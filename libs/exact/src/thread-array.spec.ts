import { kernels } from '@fathom/kernels';

import { threadArray } from './thread-array.js';

it('the memory of a name is used again where it is large enough, and no other name has it', () => {
  const array = threadArray('a spec', Float64Array, 8).fill(3);
  expect(threadArray('a spec', Int32Array, 2)).toEqual(new Int32Array(array.buffer, array.byteOffset, 2));
  threadArray('another spec', Uint8Array, 64).fill(1);
  expect(array).toEqual(new Float64Array(8).fill(3));
  expect(threadArray('a spec', Float64Array, 9)).toHaveLength(9);
});

it('it lies where the kernels can work on it, as long as there is room', () => {
  expect(threadArray('a small one', Uint8Array, 100).buffer).toBe(kernels().memory.bytes.buffer);
  const large = threadArray('a large one', Uint8Array, 2 ** 30);
  expect(large).toHaveLength(2 ** 30);
  expect(large.buffer).not.toBe(kernels().memory.bytes.buffer);
});
