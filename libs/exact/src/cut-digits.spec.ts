import fc from 'fast-check';

import { cutLeft, cutRight, largestOfColumns, largestOfRows } from './cut-digits.js';
import { digitScale } from './digit-scale.js';
import { largestDifference, randomMatrix } from './random-matrix.fixture.js';
import { roundHalfEven } from './fixed-point.js';

/** value·scale as digits −128..127, the first one first: the plain way, in integers. */
function digitsOf(value: number, scale: number, digits: number): number[] {
  let rest = BigInt(roundHalfEven(value * scale * 256 ** (digits - 1)));
  const found: number[] = [];
  for (let digit = 0; digit < digits; digit += 1) {
    const last = digit === digits - 1 ? rest : BigInt.asIntN(8, rest);
    found.unshift(Number(last));
    rest = (rest - last) / 256n;
  }
  return found;
}

// No multiple of sixteen, a multiple, one value, and more columns than are cut at a time.
const SHAPES = [
  [5, 7],
  [9, 64],
  [1, 1],
  [3, 33],
  [2, 20_000],
] as const;

describe.each(SHAPES)('%d rows of %d columns', (rows, columns) => {
  const offset = 3;
  const stride = columns + 2;
  const matrix = randomMatrix(1, 1, offset + rows * stride);
  const part = { matrix, offset, stride, rows, columns };
  const value = (row: number, column: number): number => matrix[offset + row * stride + column]!;
  const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(99);

  it.each([1, 2, 3, 4])('are cut into %d digits for the right side, the last ones first', (digits) => {
    const most = new Float64Array(columns);
    largestOfColumns(part, most);
    const scale = most.map((largest) => digitScale(largest, ''));
    const out = bytes(digits * rows * columns + 1);
    cutRight(part, digits, scale, out);
    const expected = bytes(out.length);
    for (let row = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1)
        digitsOf(value(row, column), scale[column]!, digits).forEach((digit, l) => {
          expected[((digits - 1 - l) * rows + row) * columns + column] = digit;
        });
    expect(Buffer.compare(out, expected)).toBe(0);
  });

  it.each([
    [1, 1],
    [3, 3],
    [3, 4],
    [4, 4],
  ])('are cut into %d digits and %d levels for the left side', (digits, levels) => {
    if (columns * digits > 65_536) return;
    const most = new Float64Array(rows);
    largestOfRows(part, most);
    const scale = most.map((largest) => digitScale(largest, ''));
    const lists = Array.from({ length: levels }, (_, level) => (level < digits ? { from: 0, to: level + 1 } : { from: 1, to: digits }));
    const expected: number[] = [];
    for (const { from, to } of lists)
      for (let row = 0; row < rows; row += 1)
        for (let l = from; l < to; l += 1)
          for (let column = 0; column < columns; column += 1) expected.push(digitsOf(value(row, column), scale[row]!, digits)[l]! + 128);
    const out = bytes(expected.length + 1);
    cutLeft(part, digits, levels, scale, out);
    expect(largestDifference(out, [...expected, 99])).toBe(0);
  });
});

it.each([5, 6, 7])('with %d digits all that four leave is in the others', (digits) => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -127, max: 127, noNaN: true }), { minLength: 1, maxLength: 40 }), (values) => {
      const out = new Uint8Array(digits * values.length);
      const part = { matrix: Float64Array.from(values), offset: 0, stride: values.length, rows: 1, columns: values.length };
      cutRight(part, digits, new Float64Array(values.length).fill(1), out);
      values.forEach((value, at) => {
        let sum = 0;
        for (let l = digits - 1; l >= 0; l -= 1) sum = sum / 256 + new Int8Array(out.buffer)[(digits - 1 - l) * values.length + at]!;
        expect(Math.abs(sum - value)).toBeLessThanOrEqual(256 ** -(digits - 1) * 0.51 + Math.abs(value) * 2 ** -52);
      });
    }),
  );
});

it.each([0, 1, 2, 3, 16, 40])('a value that is none is found wherever it is: at %d', (at) => {
  const matrix = new Float64Array(41).fill(1);
  matrix[at] = NaN;
  const most = [new Float64Array(41), new Float64Array(1)] as const;
  largestOfColumns({ matrix, offset: 0, stride: 41, rows: 1, columns: 41 }, most[0]);
  largestOfRows({ matrix, offset: 0, stride: 41, rows: 1, columns: 41 }, most[1]);
  expect([most[0][at], most[1][0]]).toEqual([NaN, NaN]);
});
