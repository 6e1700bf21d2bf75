import fc from 'fast-check';
import { kernels } from '@fathom/kernels';
import { floatInto, tensorBytes, type DType, type Tensor, type TypedArray } from '@fathom/tensors';
import { columnExtremes } from './column-extremes.js';

/** One value after the other, in plain code. */
function plainExtremes(values: ArrayLike<number>, columns: number): { min: Float64Array; max: Float64Array } {
  const min = new Float64Array(columns).fill(Infinity);
  const max = new Float64Array(columns).fill(-Infinity);
  for (let at = 0; at < values.length; at++) {
    min[at % columns] = Math.min(min[at % columns]!, values[at]! + 0);
    max[at % columns] = Math.max(max[at % columns]!, values[at]! + 0);
  }
  return { min, max };
}

function tensor(dtype: DType, columns: number, data: TypedArray): Tensor {
  return { name: 'x', dtype, shape: [data.length / columns, columns], data };
}

/** Values that repeat after 99,991 of them. */
const values = (length: number): Float64Array => Float64Array.from({ length }, (_, i) => ((i * 7919) % 99_991) - 50_000);

/** Whatever lay in the kernels' memory before must not count. */
beforeEach(() => void kernels().memory.float64.fill(NaN, 8192, 2 ** 19));

const width = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 33);
const special = [0, -0, 2 ** -149, -(2 ** -149), 3.4028234663852886e38, -3.4028234663852886e38];

describe('the least and greatest values of columns', () => {
  it.each<['F32' | 'F64', fc.Arbitrary<number>]>([
    ['F32', fc.float({ noNaN: true, noDefaultInfinity: true })],
    ['F64', fc.double({ noNaN: true, noDefaultInfinity: true })],
  ])('are those of plain code, for %s of any width and number of rows; 0 where plain code has −0', (dtype, value) => {
    fc.assert(
      fc.property(width, fc.array(fc.oneof(value, fc.constantFrom(...special)), { minLength: 40, maxLength: 400 }), (columns, drawn) => {
        const whole = drawn.slice(0, drawn.length - (drawn.length % columns));
        const data = dtype === 'F32' ? Float32Array.from(whole) : Float64Array.from(whole);
        // toEqual tells 0 from −0.
        expect(columnExtremes(tensor(dtype, columns, data), 0)).toEqual(plainExtremes(data, columns));
      }),
    );
  });

  it.each<[DType, TypedArray]>([
    ['F16', Uint16Array.of(0x3c00, 0xc000, 0x8000, 0x0001, 0x7bff, 0x0000)],
    ['BF16', Uint16Array.of(0x3f80, 0xc000, 0x8000, 0x0001, 0x7f7f, 0x0000)],
    ['I8', Int8Array.of(-128, 127, 0, 1, 2, 3)],
    ['U8', Uint8Array.of(255, 0, 1, 2, 3, 128)],
    ['I16', Int16Array.of(-32_768, 32_767, 0, 1, 2, 3)],
    ['I32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 2 ** 24 + 1, 1, 2, 3)],
    ['I64', BigInt64Array.of(-(2n ** 53n), 2n ** 53n, 1n, 2n, 3n, 4n)],
    ['BOOL', Uint8Array.of(0, 1, 2, 1, 0, 0)],
  ])('are exact for %s', (dtype, data) => {
    const x = tensor(dtype, 3, data);
    const plain = new Float64Array(6);
    floatInto(dtype, tensorBytes(x), plain, 0);
    expect(columnExtremes(x, 0)).toEqual(plainExtremes(plain, 3));
  });

  it.each([
    ['one row', 1, 12_345],
    ['one column', 300_000, 1],
    ['as many columns as are kept', 19, 16_384],
    ['rows that do not fill what is looked at together', 700, 1001],
  ])('are those of plain code for %s', (_what, rows, columns) => {
    const data = values(rows * columns);
    for (const each of [tensor('F64', columns, data), tensor('F32', columns, Float32Array.from(data))])
      expect(columnExtremes(each, 0)).toEqual(plainExtremes(data, columns));
  });

  it.each([
    ['no rows', 0, 3],
    ['no columns', 3, 0],
    ['more columns than are kept', 9, 16_385],
  ])('are none for %s', (_what, rows, columns) => {
    for (const data of [new Float32Array(rows * columns), new Int32Array(rows * columns)])
      expect(columnExtremes({ name: 'x', dtype: data instanceof Int32Array ? 'I32' : 'F32', shape: [rows, columns], data }, 0)).toEqual({
        min: new Float64Array(0),
        max: new Float64Array(0),
      });
  });
});

describe('a value that is not finite', () => {
  it.each([NaN, Infinity, -Infinity])('(%p) is found wherever it is, and the first one is named', (value) => {
    fc.assert(
      fc.property(width, fc.integer({ min: 1, max: 30 }), fc.nat(), fc.nat(), fc.boolean(), (columns, rows, first, second, isDouble) => {
        const length = rows * columns;
        const data = isDouble ? new Float64Array(length) : new Float32Array(length);
        const places = [first % length, second % length];
        for (const at of places) data[at] = value;
        const at = Math.min(...places);
        expect(() => columnExtremes(tensor(isDouble ? 'F64' : 'F32', columns, data), 2048)).toThrow(
          `x: row ${2048 + Math.floor(at / columns)}, column ${at % columns} is not finite (got ${value}); accepted: finite numbers`,
        );
      }),
    );
  });

  it.each([16_384, 16_385, 300_001])('is found in rows of %d columns, also in the last of them', (columns) => {
    for (const at of [0, 2 ** 15 - 1, 2 ** 15, 2 ** 17 - 1, 2 ** 17, 3 * columns - 1]) {
      const data = new Float32Array(3 * columns);
      if (at >= data.length) continue;
      data[at] = NaN;
      expect(() => columnExtremes(tensor('F32', columns, data), 0)).toThrow(`row ${Math.floor(at / columns)}, column ${at % columns} is not finite`);
    }
  });
});
