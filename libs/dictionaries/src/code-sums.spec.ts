import fc from 'fast-check';
import { addCross, addGramLevels, crossOf, emptySums, gramOf } from './code-sums.js';

const digit = fc.integer({ min: -128, max: 127 });

describe('sums of products of codes and rows', () => {
  // A level holds sums of up to 2^38·2^14: what 2^37 rows of bytes make, far above the 2^22 rows after which one float64 would round.
  it('are rounded once the levels are put together, and hold more rows than one float64 would', () => {
    const level = fc.bigInt({ min: -(2n ** 51n), max: 2n ** 51n });
    fc.assert(
      fc.property(fc.array(level, { minLength: 8, maxLength: 8 }), (values) => {
        const parts = [emptySums(1, 1, 3), emptySums(1, 1, 3)];
        values.forEach((value, at) => (parts[at % 2]!.cross[at >> 1] = Number(value)));
        const exact = values.reduce((sum, value, at) => sum + value * 256n ** BigInt(3 - (at >> 1)), 0n);
        const largest = values.reduce((sum, value, at) => sum + (value < 0n ? -value : value) * 256n ** BigInt(3 - (at >> 1)), 0n);
        const [ours] = crossOf(parts, 1, 1, 0, 1, Float64Array.of(1), Float64Array.of(1));
        expect(Math.abs(Number(BigInt(ours!) - exact))).toBeLessThanOrEqual(Number(largest) * 2 ** -51);
      }),
    );
  });

  it('put the digits of codes and rows together', () => {
    fc.assert(
      fc.property(fc.tuple(digit, digit, digit), fc.tuple(digit, digit, digit), fc.tuple(digit, digit), (one, other, row) => {
        const value = ([a, b, c]: readonly [number, number, number]) => a * 65_536 + b * 256 + c;
        const sums = emptySums(2, 1, 3);
        const digits = [one[0], other[0], one[1], other[1], one[2], other[2]]; // digit by digit, two codes each
        for (const level of [0, 1] as const)
          addCross(
            sums,
            Int32Array.from(digits, (x) => x * row[level]),
            level,
          );
        addGramLevels(sums, Int32Array.from(digits.flatMap((x) => digits.map((y) => x * y))), 2);
        const scale = Float64Array.of(2, 4);
        const a = row[0] * 256 + row[1];
        expect([...crossOf([sums], 2, 1, 0, 1, scale, Float64Array.of(8))]).toEqual(
          [(value(one) * a) / 16, (value(other) * a) / 32].map((x) => x + 0),
        );
        const gram = [one, other].flatMap((x, j) => [one, other].map((y, l) => (value(x) * value(y)) / scale[j]! / scale[l]! + 0));
        expect([...gramOf([sums], 2, scale)].map((x) => x + 0)).toEqual(gram);
      }),
    );
  });

  it('take in products of any number, level by level', () => {
    const [r, d, digits] = [3, 7, 2] as const;
    const products = (seed: number) => Int32Array.from({ length: digits * r * d }, (_, at) => Math.imul(at + seed, 0x9e3779b1));
    const [high, low, sums] = [products(1), products(2), emptySums(r, d, digits)];
    sums.cross.forEach((_, at) => (sums.cross[at] = 2 ** 40 + at));
    addCross(sums, high, 0);
    addCross(sums, low, 1);
    const expected = Float64Array.from(sums.cross, (_, at) => 2 ** 40 + at + (high[at] ?? 0) + (low[at - r * d] ?? 0));
    expect([...sums.cross]).toEqual([...expected]);
  });
});
