import { expected } from './tensors.fixture.js';
import { sha256Hex } from './content-digest.js';
import { toFloat64 } from './to-float64.js';

describe('elements as float64', () => {
  it.each(['F16', 'BF16'] as const)('every bit pattern of %s has the value that NumPy gives it', (dtype) => {
    const values = toFloat64({ name: 'all', dtype, shape: [65_536], data: Uint16Array.from({ length: 65_536 }, (_, i) => i) });
    const numbers = values.map((value) => (Number.isNaN(value) ? 0 : value));
    expect(sha256Hex(new Uint8Array(numbers.buffer))).toBe(expected.all_halves[dtype]);
    expect(values.filter((value) => Number.isNaN(value))).toHaveLength(dtype === 'F16' ? 2046 : 254);
  });

  it('bytes need no alignment', () => {
    const bytes = new Uint8Array(new Float32Array([1.5, -2]).buffer);
    const shifted = new Uint8Array(9);
    shifted.set(bytes, 1);
    expect(toFloat64('F32', shifted.subarray(1))).toEqual(Float64Array.of(1.5, -2));
  });

  it('a byte of BOOL that is neither 0 nor 1 is 1; I64 is rounded beyond 2^53', () => {
    expect(toFloat64('BOOL', Uint8Array.of(0, 1, 255))).toEqual(Float64Array.of(0, 1, 1));
    expect(toFloat64({ name: 'big', dtype: 'I64', shape: [2], data: BigInt64Array.of(2n ** 53n + 1n, -(2n ** 53n)) })).toEqual(
      Float64Array.of(2 ** 53, -(2 ** 53)),
    );
  });

  it('are no view of the tensor', () => {
    const data = Float64Array.of(1, 2);
    toFloat64({ name: 'x', dtype: 'F64', shape: [2], data })[0] = 9;
    expect(data[0]).toBe(1);
  });

  it('bytes that are no whole number of elements are refused', () => {
    expect(() => toFloat64('F32', new Uint8Array(6))).toThrow('F32: wrong number of bytes (got 6); accepted: a multiple of 4');
  });
});
