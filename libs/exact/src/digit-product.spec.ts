import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { bigintEngine } from './bigint-engine.fixture.js';
import { digitProduct, type DigitProductOptions } from './digit-product.js';
import { threadStorage, sharedStorage } from './digit-scale.js';
import { leftDigitAt, rightDigitAt } from './digit-values.fixture.js';
import { nearestFloat64, unitsOf } from './exact-rationals.fixture.js';
import { leftDigits, type LeftDigits } from './left-digits.js';
import { randomMatrix } from './random-matrix.fixture.js';
import { referenceEngine } from './reference-engine.js';
import { rightDigits, type RightDigits } from './right-digits.js';

async function product(left: LeftDigits, right: RightDigits, options: DigitProductOptions = {}, engine = referenceEngine): Promise<Float64Array> {
  const out = new Float64Array(left.rows * right.columns);
  await digitProduct(left, right, engine, out, options);
  return out;
}

/** Integers whose sizes reach the given number of digits, extremes among them. */
function integers(length: number, digits: number): fc.Arbitrary<Float64Array> {
  const most = [127, 32_639, 8_355_584, 2_139_029_504][digits - 1]!;
  return fc
    .array(fc.oneof(fc.integer({ min: -most, max: most }), fc.constantFrom(-most, most, 0)), { minLength: length, maxLength: length })
    .map((values) => Float64Array.from(values));
}

const shapes = fc.record({ rows: fc.integer({ min: 1, max: 6 }), steps: fc.integer({ min: 1, max: 9 }), columns: fc.integer({ min: 1, max: 6 }) });

/** Small integers of either sign, the same every time. */
function integersOf(count: number, by: number): Float64Array {
  return Float64Array.from({ length: count }, (_, at) => ((at * by * 37) % 201) - 100);
}

describe('a product by digits', () => {
  it('is the exact product where the digits that count hold the values', async () => {
    const cases = fc
      .tuple(shapes, fc.constantFrom([3, 2, 2], [3, 3, 1], [3, 1, 3], [5, 3, 3], [6, 4, 3], [7, 4, 4], [2, 1, 2], [1, 1, 1]))
      .chain(([shape, [digits, ofLeft, ofRight]]) =>
        fc.record({
          shape: fc.constant(shape),
          digits: fc.constant(digits),
          left: integers(shape.rows * shape.steps, ofLeft),
          right: integers(shape.steps * shape.columns, ofRight),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape: { rows, steps, columns }, digits, left, right }) => {
        const got = await product(leftDigits(left, rows, steps, { digits }), rightDigits(right, steps, columns, { digits }));
        for (let i = 0; i < rows; i += 1) {
          for (let j = 0; j < columns; j += 1) {
            let [sum, sizes] = [0n, 0];
            for (let l = 0; l < steps; l += 1) {
              sum += BigInt(left[i * steps + l]!) * BigInt(right[l * columns + j]!);
              sizes += Math.abs(left[i * steps + l]! * right[l * columns + j]!);
            }
            // Each of up to seven levels is added with one rounding; those of cancelling sums are as large as the terms.
            expect(Math.abs(got[i * columns + j]! - Number(sum))).toBeLessThanOrEqual(digits <= 3 ? 0 : sizes * 2 ** -50);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('sums the products of digits whose places add up to less than their number, exactly with three digits', async () => {
    const [rows, steps, columns] = [3, 40, 4];
    const left = leftDigits(randomMatrix(1, rows, steps), rows, steps, { digits: 3 });
    const right = rightDigits(randomMatrix(2, steps, columns), steps, columns, { digits: 3 });
    const got = await product(left, right);
    for (let i = 0; i < rows; i += 1) {
      for (let j = 0; j < columns; j += 1) {
        let sum = 0n; // in units of 2^−16
        for (let l = 0; l < steps; l += 1) {
          for (let p = 0; p < 3; p += 1) {
            for (let q = 0; p + q < 3; q += 1) sum += BigInt(leftDigitAt(left, i, l, p) * rightDigitAt(right, l, j, q)) << BigInt(16 - 8 * (p + q));
          }
        }
        expect(got[i * columns + j]! * left.scale[i]! * right.scale[j]! * 65_536).toBe(Number(sum));
      }
    }
  });

  it('differs from the true product by no more than the digits left out', async () => {
    const cases = shapes.chain(({ rows, steps, columns }) =>
      fc.record({
        rows: fc.constant(rows),
        steps: fc.constant(steps),
        columns: fc.constant(columns),
        digits: fc.integer({ min: 1, max: 7 }),
        left: fc.array(fc.double({ noNaN: true, min: -1e100, max: 1e100 }), { minLength: rows * steps, maxLength: rows * steps }),
        right: fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), { minLength: steps * columns, maxLength: steps * columns }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, steps, columns, digits, left, right }) => {
        const leftCut = leftDigits(Float64Array.from(left), rows, steps, { digits });
        const rightCut = rightDigits(Float64Array.from(right), steps, columns, { digits });
        const got = await product(leftCut, rightCut);
        for (let i = 0; i < rows; i += 1) {
          for (let j = 0; j < columns; j += 1) {
            let sum = 0n;
            for (let l = 0; l < steps; l += 1) sum += unitsOf(left[i * steps + l]!) * unitsOf(right[l * columns + j]!);
            const error = Math.abs(nearestFloat64(sum / unitsOf(1) - unitsOf(got[i * columns + j]!)));
            const leftOut = (digits + 2) * steps * 2 ** (14 - 8 * digits);
            const rounding = digits > 3 ? steps * 2 ** (14 - 52) : 0;
            expect(error).toBeLessThanOrEqual((leftOut + rounding) / leftCut.scale[i]! / rightCut.scale[j]! + 2 * Number.MIN_VALUE);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has the same bits for every engine, every tile, and whether zeros are left out or multiplied', async () => {
    const [size, columns, digits] = [600, 3, 2];
    const lower = randomMatrix(3, size, size).map((value, at) => (at % size > Math.floor(at / size) ? 0 : value));
    const upper = lower.map((_, at) => lower[(at % size) * size + Math.floor(at / size)]!);
    const wide = randomMatrix(4, size, columns + 3);
    const right = rightDigits(wide, size, columns, { digits, offset: 2, stride: columns + 3 });
    for (const [matrix, shape] of [
      [lower, 'lower'],
      [upper, 'upper'],
    ] as const) {
      const full = leftDigits(matrix, size, size, { digits });
      const triangle = leftDigits(matrix, size, size, { digits, shape });
      const expected = await product(full, right);
      expect(await product(triangle, right)).toEqual(expected);
      const [engine, whole] = [bigintEngine(), bigintEngine()];
      expect(await product(triangle, right, {}, engine)).toEqual(expected);
      expect(await product(full, right, {}, whole)).toEqual(expected);
      expect(engine.multiplications).toBeLessThan(0.72 * whole.multiplications);
      // Tiles of rows and columns, each into its place, over the same buffers.
      const tiled = new Float64Array(size * columns);
      const storage = threadStorage('a spec');
      for (const [first, end] of [
        [0, 2],
        [2, 3],
      ] as const) {
        const tile = rightDigits(wide, size, end - first, { digits, offset: 2 + first, stride: columns + 3, storage });
        for (const [fromRow, toRow] of [
          [0, 100],
          [100, 530],
          [530, 530],
          [530, 600],
        ] as const)
          await digitProduct(triangle, tile, referenceEngine, tiled, { fromRow, toRow, offset: fromRow * columns + first, stride: columns });
      }
      expect(tiled).toEqual(expected);
    }
  });

  it('sums more steps than one integer product takes exactly, in blocks', async () => {
    const [steps, digits] = [25_000, 3];
    const left = Float64Array.from({ length: 2 * steps }, (_, at) => (at % 2 === 0 ? 32_639 : -32_639 + (at % 5)));
    const right = Float64Array.from({ length: steps }, (_, at) => (at % 2 === 0 ? 32_639 : -32_639));
    const cut = leftDigits(left, 2, steps, { digits });
    expect(cut.blocks.length).toBeGreaterThan(1);
    const expected = [0, 1].map((row) => {
      let sum = 0n;
      for (let l = 0; l < steps; l += 1) sum += BigInt(left[row * steps + l]!) * BigInt(right[l]!);
      return Number(sum);
    });
    expect([...(await product(cut, rightDigits(right, steps, 1, { digits })))]).toEqual(expected);
  });

  it('of extreme digits does not overflow at the most steps of a block', async () => {
    const steps = 65_536;
    const most = new Float64Array(steps).fill(127);
    const left = leftDigits(most, 1, steps, { digits: 1 });
    expect([...(await product(left, rightDigits(most, steps, 1, { digits: 1 })))]).toEqual([steps * 127 * 127]);
  });

  it('with an extra level sums all products of three digits but that of the two last, with less error than without', async () => {
    const [rows, steps, columns] = [4, 50, 3];
    const [a, b] = [randomMatrix(5, rows, steps), randomMatrix(6, steps, columns)];
    const cutB = rightDigits(b, steps, columns, { digits: 3 });
    const errors: number[] = [];
    for (const extraLevel of [false, true]) {
      const cutA = leftDigits(a, rows, steps, { digits: 3, extraLevel });
      const got = await product(cutA, cutB);
      let largest = 0;
      for (let i = 0; i < rows; i += 1) {
        for (let j = 0; j < columns; j += 1) {
          let [expected, exact] = [0, 0];
          for (let l = 0; l < steps; l += 1) {
            exact += a[i * steps + l]! * b[l * columns + j]!;
            for (let p = 0; p < 3; p += 1)
              for (let q = 0; p + q < (extraLevel ? 4 : 3) && q < 3; q += 1)
                expected += (leftDigitAt(cutA, i, l, p) * rightDigitAt(cutB, l, j, q)) / 256 ** (p + q);
          }
          expect(got[i * columns + j]).toBeCloseTo(expected / cutA.scale[i]! / cutB.scale[j]!, 13);
          largest = Math.max(largest, Math.abs(got[i * columns + j]! - exact));
        }
      }
      errors.push(largest);
    }
    expect(errors[1]).toBeLessThan(errors[0]! / 2);
  });

  it('has a diagonal apart added to it, as if that had been cut with the rest', async () => {
    const [size, columns] = [5, 3];
    const whole = integersOf(size * size, 7);
    const matrix = integersOf(size * columns, 11);
    const factors = new Float64Array(size);
    const rest = whole.slice();
    for (let at = 0; at < size; at += 1) {
      factors[at] = whole[at * (size + 1)]!;
      rest[at * (size + 1)] = 0;
    }
    const right = rightDigits(matrix, size, columns, { digits: 3 });
    const apart = await product(leftDigits(rest, size, size, { digits: 3 }), right, { plus: { factors, matrix } });
    expect(apart).toEqual(await product(leftDigits(whole, size, size, { digits: 3 }), right));
  });

  it('is subtracted where asked, and then leaves what is around it as it was', async () => {
    const [left, right] = [leftDigits(Float64Array.of(1, 2, 3, 4), 2, 2, { digits: 3 }), rightDigits(Float64Array.of(5, 6), 2, 1, { digits: 3 })];
    const out = new Float64Array(8).fill(100);
    await digitProduct(left, right, referenceEngine, out, { offset: 1, stride: 4, subtract: true });
    expect([...out]).toEqual([100, 83, 100, 100, 100, 61, 100, 100]);
    await digitProduct(left, right, referenceEngine, out, { offset: 1, stride: 4 });
    expect([...out]).toEqual([100, 17, 100, 100, 100, 39, 100, 100]);
  });

  it('takes operands that were sent or are shared, values far apart, and nothing at all', async () => {
    const left = leftDigits(Float64Array.of(1e260, 0, 0, 1e-260), 2, 2, { digits: 7, storage: sharedStorage });
    expect(left.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    const right = rightDigits(Float64Array.of(1e-250, 0, 0, 1e250), 2, 2, { digits: 7 });
    const got = await product(left, right);
    expect([got[1], got[2]]).toEqual([0, 0]);
    expect(Math.abs(got[0]! / 1e10 - 1) + Math.abs(got[3]! / 1e-10 - 1)).toBeLessThan(1e-15);
    expect(
      await product(structuredClone(leftDigits(Float64Array.of(2), 1, 1, { digits: 2 })), rightDigits(Float64Array.of(3), 1, 1, { digits: 2 })),
    ).toEqual(Float64Array.of(6));
    const none = leftDigits(new Float64Array(0), 2, 0, { digits: 3 });
    const out = Float64Array.of(7, 7);
    await digitProduct(none, rightDigits(new Float64Array(0), 0, 1, { digits: 3 }), referenceEngine, out);
    expect([...out]).toEqual([0, 0]);
    expect(await product(leftDigits(new Float64Array(0), 0, 3, { digits: 3 }), rightDigits(new Float64Array(3), 3, 1, { digits: 3 }))).toHaveLength(
      0,
    );
  });

  it('is refused where the operands do not fit, or the result does not fit where it is written', async () => {
    const left = leftDigits(new Float64Array(6), 2, 3, { digits: 3 });
    const right = rightDigits(new Float64Array(12), 3, 4, { digits: 3 });
    const out = new Float64Array(8);
    const refusal = (l: LeftDigits, r: RightDigits, options: DigitProductOptions = {}): Promise<unknown> =>
      digitProduct(l, r, referenceEngine, out, options).catch((error: unknown) => error);
    for (const error of [
      await refusal(left, rightDigits(new Float64Array(8), 2, 4, { digits: 3 })),
      await refusal(left, rightDigits(new Float64Array(12), 3, 4, { digits: 2 })),
      await refusal(left, right, { offset: 1 }),
      await refusal(left, right, { stride: 5 }),
      await refusal(left, right, { stride: 3 }),
      await refusal(left, right, { fromRow: 1, toRow: 3 }),
      await refusal(left, right, { fromRow: -1 }),
    ])
      expect(error).toBeInstanceOf(InputError);
    await expect(digitProduct(left, right, referenceEngine, new Float64Array(7))).rejects.toThrow(
      'out: does not fit (got 7); accepted: at least 8 values',
    );
  });
});
