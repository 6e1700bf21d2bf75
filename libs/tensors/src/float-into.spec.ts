import { DTYPES } from './dtype.js';
import { floatInto } from './float-into.js';
import { floatTypeOf, floatTypeOfArray } from './float-type.js';
import { tensorBytes, type Tensor } from './tensor.js';
import { toFloat64 } from './to-float64.js';

/** Values of each dtype that need all of its bits. */
const TENSORS: readonly Tensor[] = [
  { name: 'x', dtype: 'F16', shape: [3], data: Uint16Array.of(0x3555, 0x7bff, 0x8001) },
  { name: 'x', dtype: 'BF16', shape: [3], data: Uint16Array.of(0x3eab, 0x7f7f, 0x8001) },
  { name: 'x', dtype: 'F32', shape: [3], data: Float32Array.of(0.1, -3.4e38, 1e-45) },
  { name: 'x', dtype: 'I8', shape: [3], data: Int8Array.of(-128, 127, 0) },
  { name: 'x', dtype: 'U8', shape: [3], data: Uint8Array.of(255, 0, 1) },
  { name: 'x', dtype: 'I16', shape: [3], data: Int16Array.of(-32_768, 32_767, 5) },
  { name: 'x', dtype: 'BOOL', shape: [3], data: Uint8Array.of(0, 1, 255) },
  { name: 'x', dtype: 'F64', shape: [3], data: Float64Array.of(0.1, -1e300, 5e-324) },
  { name: 'x', dtype: 'I32', shape: [3], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 16_777_217) },
  { name: 'x', dtype: 'I64', shape: [3], data: BigInt64Array.of(16_777_217n, -(2n ** 53n), 1n) },
];

describe('elements written into an array', () => {
  it('are tried for every dtype', () => {
    expect(TENSORS.map(({ dtype }) => dtype).sort()).toEqual([...DTYPES].sort());
  });

  it.each(TENSORS.map((tensor) => [tensor.dtype, tensor] as const))(
    'of %s are exact in its float type, also where threads share it',
    (dtype, tensor) => {
      const bytes = floatTypeOf(dtype) === 'F32' ? 4 : 8;
      const shared = new SharedArrayBuffer(3 * bytes);
      const out = bytes === 4 ? new Float32Array(shared) : new Float64Array(shared);
      floatInto(dtype, tensorBytes(tensor), out, 0);
      expect([...out]).toEqual([...toFloat64(tensor)]);
    },
  );

  it('may lie in the middle of it', () => {
    const out = new Float64Array(4);
    floatInto('I16', new Uint8Array(Int16Array.of(-3, 4).buffer), out, 1);
    expect(out).toEqual(Float64Array.of(0, -3, 4, 0));
  });
});

describe('the float type of an array', () => {
  it('is the smaller where each of its values fits', () => {
    for (const data of [new Float32Array(1), new Int8Array(1), new Uint8Array(1), new Uint8ClampedArray(1), new Int16Array(1), new Uint16Array(1)])
      expect(floatTypeOfArray(data)).toBe('F32');
    for (const data of [new Float64Array(1), new Int32Array(1), new Uint32Array(1), [1]]) expect(floatTypeOfArray(data)).toBe('F64');
  });
});
