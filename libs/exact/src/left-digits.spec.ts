import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { leftDigitAt, rightDigitAt, wholeOf } from './digit-values.fixture.js';
import { nearestQuotient, unitsOf } from './exact-rationals.fixture.js';
import { leftDigits } from './left-digits.js';
import { randomMatrix } from './random-matrix.fixture.js';
import { rightDigits } from './right-digits.js';

/** value·scale·256^(digits − 1), rounded half to even. */
function expectedWhole(value: number, scale: number, digits: number): bigint {
  const one = unitsOf(1);
  return nearestQuotient(unitsOf(value) * unitsOf(scale) * 256n ** BigInt(digits - 1), one * one);
}

const value = fc.oneof(
  fc.double({ noNaN: true, min: -1e200, max: 1e200 }),
  fc.double({ noNaN: true, min: -1, max: 1 }),
  fc.integer({ min: -(2 ** 24), max: 2 ** 24 }).map((x) => x / 512), // ties of rounding
  fc.constantFrom(0, -0, 5e-324, 1, -1, 127.49609375, 127.4961, 2 ** 899),
);
const matrix = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 11 }), fc.integer({ min: 1, max: 7 }))
  .chain(([rows, columns, digits]) =>
    fc.record({
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      digits: fc.constant(digits),
      values: fc.array(value, { minLength: rows * columns, maxLength: rows * columns }),
    }),
  );

describe('the digits of a matrix', () => {
  it('are those of each value times the power of two of its row or column, rounded half to even at the last', () => {
    fc.assert(
      fc.property(matrix, ({ rows, columns, digits, values }) => {
        const source = Float64Array.from(values);
        const left = leftDigits(source, rows, columns, { digits });
        const right = rightDigits(source, rows, columns, { digits });
        for (let row = 0; row < rows; row += 1) {
          for (let column = 0; column < columns; column += 1) {
            const x = source[row * columns + column]!;
            for (let level = 0; level < digits; level += 1) {
              const whole = wholeOf(level + 1, (place) => leftDigitAt(left, row, column, place, level));
              const last = wholeOf(level + 1, (place) => leftDigitAt(left, row, column, place));
              expect(whole).toBe(last);
            }
            expect(wholeOf(digits, (place) => leftDigitAt(left, row, column, place))).toBe(expectedWhole(x, left.scale[row]!, digits));
            expect(wholeOf(digits, (place) => rightDigitAt(right, row, column, place))).toBe(expectedWhole(x, right.scale[column]!, digits));
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('carry what the digits after the fourth cannot hold', () => {
    for (let digits = 5; digits <= 7; digits += 1) {
      for (const half of [2 ** -25, -(2 ** -25), 2 ** -25 - 2 ** -40, 3 * 2 ** -25]) {
        for (const value of [64 + half, -64 + half, 127 + half]) {
          const left = leftDigits(Float64Array.of(value), 1, 1, { digits });
          expect(wholeOf(digits, (place) => leftDigitAt(left, 0, 0, place))).toBe(expectedWhole(value, left.scale[0]!, digits));
        }
      }
    }
  });

  it('use the largest power of two with which the largest value still fits the first digit', () => {
    for (const [largest, scale] of [
      [127.49609375, 1],
      [127.4961, 0.5],
      [64, 1],
      [63.748, 2],
      [63.749, 1],
      [0, 1],
      [2 ** -894, 2 ** 900],
      [5e-324, 2 ** 900],
      [2 ** 899, 2 ** -893],
    ] as const) {
      expect(leftDigits(Float64Array.of(0, -largest), 1, 2, { digits: 3 }).scale).toEqual(Float64Array.of(scale));
      expect(rightDigits(Float64Array.of(0, -largest), 2, 1, { digits: 3 }).scale).toEqual(Float64Array.of(scale));
    }
  });

  it('are those of a part of a larger matrix, where an offset and a stride say so, in storage that is handed in', () => {
    const source = randomMatrix(1, 20, 30);
    const part = Float64Array.from({ length: 5 * 7 }, (_, at) => source[(3 + Math.floor(at / 7)) * 30 + 4 + (at % 7)]!);
    const asked: number[] = [];
    const storage = (bytes: number): Uint8Array => {
      asked.push(bytes);
      return new Uint8Array(bytes + 100).fill(85); // longer than asked for, and not clean
    };
    const options = { digits: 3, offset: 3 * 30 + 4, stride: 30, storage };
    expect(leftDigits(source, 5, 7, options)).toEqual(leftDigits(part, 5, 7, { digits: 3 }));
    expect(rightDigits(source, 5, 7, options)).toEqual(rightDigits(part, 5, 7, { digits: 3 }));
    expect(asked).toEqual([8 * 5 + 6 * 35, 8 * 7 + 3 * 35]);
  });

  it('leave out what the shape says is 0, but for the squares on the diagonal', () => {
    const size = 600;
    const source = randomMatrix(2, size, size);
    const lower = leftDigits(source, size, size, { digits: 2, shape: 'lower' });
    const upper = leftDigits(source, size, size, { digits: 2, shape: 'upper' });
    const extents = (blocks: readonly { firstRow: number; rows: number; firstStep: number; steps: number }[]): number[][] =>
      blocks.map(({ firstRow, rows, firstStep, steps }) => [firstRow, rows, firstStep, steps]);
    expect(extents(lower.blocks)).toEqual([
      [0, 256, 0, 256],
      [256, 256, 0, 512],
      [512, 88, 0, 600],
    ]);
    expect(extents(upper.blocks)).toEqual([
      [0, 256, 0, 600],
      [256, 256, 256, 344],
      [512, 88, 512, 88],
    ]);
    expect(lower.bytes).toHaveLength(3 * (256 * 256 + 256 * 512 + 88 * 600));
    for (const [row, step] of [
      [0, 0],
      [300, 299],
      [599, 0],
    ] as const)
      expect(wholeOf(2, (place) => leftDigitAt(lower, row, step, place))).toBe(expectedWhole(source[row * size + step]!, lower.scale[row]!, 2));
    expect(leftDigitAt(lower, 0, 256, 0)).toBeNaN();
    expect(leftDigitAt(upper, 256, 255, 0)).toBeNaN();
  });

  it('are refused where a value, a shape or their number is none', () => {
    for (const bad of [NaN, Infinity, -Infinity, 2 ** 900, -Number.MAX_VALUE]) {
      for (let at = 0; at < 10; at += 1) {
        const source = new Float64Array(10).fill(1);
        source[at] = bad;
        expect(() => leftDigits(source, 2, 5, { digits: 3 })).toThrow(`row ${Math.floor(at / 5)} of the left operand: cannot be cut into digits`);
        expect(() => rightDigits(source, 5, 2, { digits: 3 })).toThrow(`column ${at % 2} of the right operand: cannot be cut into digits`);
      }
    }
    for (const digits of [0, 8, 2.5, NaN]) {
      expect(() => leftDigits(new Float64Array(4), 2, 2, { digits })).toThrow('digits: out of range');
      expect(() => rightDigits(new Float64Array(4), 2, 2, { digits })).toThrow(InputError);
    }
    expect(() => leftDigits(new Float64Array(5), 2, 3, { digits: 3 })).toThrow(
      'matrix: too short for its shape (got 5); accepted: at least 6 values',
    );
    expect(() => rightDigits(new Float64Array(6), 2, 3, { digits: 3, offset: 1 })).toThrow(InputError);
    expect(() => rightDigits(new Float64Array(6), 2, 3, { digits: 3, stride: 2 })).toThrow(InputError);
    expect(() => leftDigits(new Float64Array(6), 2, 3, { digits: 3, shape: 'lower' })).toThrow('shape: not of a matrix that is not square');
  });
});
