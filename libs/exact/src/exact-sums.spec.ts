import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { nearestFloat64, unitsOf } from './exact-rationals.fixture.js';
import { ExactSums } from './exact-sums.js';

const values = fc.array(
  fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ noNaN: true, min: -1, max: 1 }), fc.constant(5e-324)),
  {
    maxLength: 40,
  },
);

function sumOf(list: readonly number[]): ExactSums {
  const sums = new ExactSums(1);
  for (const value of list) sums.add(0, value);
  return sums;
}

const exact = (list: readonly number[]): number => nearestFloat64(list.reduce((total, value) => total + unitsOf(value), 0n));

describe('an exact sum', () => {
  it('is the rounded rational sum, in any order, divided and merged in any way, kept and taken up again', () => {
    fc.assert(
      fc.property(
        values.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.nat(list.length), fc.nat(list.length)),
        ),
        ([list, shuffled, a, b]) => {
          const expected = exact(list);
          expect(sumOf(list).result(0)).toBe(expected);
          const [first, second] = [Math.min(a, b), Math.max(a, b)];
          const parts = [shuffled.slice(0, first), shuffled.slice(first, second), shuffled.slice(second)].map(sumOf);
          const merged = new ExactSums(1, parts[2]!.state());
          merged.merge(parts[0]!);
          merged.merge(parts[1]!);
          expect(merged.result(0)).toBe(expected);
          expect(merged.state()).toEqual(sumOf(list).state());
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['cancels to the last bit', [1e300, 1, -1e300, 1e-300, -1], 1e-300],
    ['keeps denormals', [5e-324, 5e-324, -1.5e-323, 2.2250738585072014e-308], 2.225073858507201e-308],
    ['rounds half to even, down', [2 ** 53, 1], 2 ** 53],
    ['rounds half to even, up', [2 ** 53 + 2, 1], 2 ** 53 + 4],
    ['rounds up where the least is above the half', [2 ** 53, 1, 5e-324], 2 ** 53 + 2],
    ['passes beyond float64 and comes back', [1.7e308, 1.7e308, -1.7e308], 1.7e308],
    ['is infinite where it ends beyond float64', [-1.7e308, -1.7e308], -Infinity],
    ['of nothing is 0', [], 0],
    ['of opposites is 0', [-0.1, 0.1], 0],
  ])('%s', (_what, list, expected) => {
    expect(sumOf(list).result(0)).toBe(expected);
  });

  it('stays exact over more additions than its pieces hold without a carry, both ways', () => {
    const sums = new ExactSums(2);
    const value = -(2 - 2 ** -52); // all bits set
    const count = 2_200_000;
    for (let add = 0; add < count; add += 1) sums.add(1, value);
    expect(sums.result(1)).toBe(nearestFloat64(BigInt(count) * unitsOf(value)));
    expect(sums.result(0)).toBe(0);
    for (let twice = 0; twice < 4; twice += 1) sums.merge(sums);
    expect(sums.result(1)).toBe(nearestFloat64(16n * BigInt(count) * unitsOf(value)));
  });

  it('refuses what is no number, no sum, or the state of other sums', () => {
    for (const value of [NaN, Infinity, -Infinity]) expect(() => sumOf([value])).toThrow(InputError);
    expect(() => sumOf([NaN])).toThrow('value: cannot be summed');
    for (const index of [-1, 2, 0.5]) expect(() => new ExactSums(2).add(index, 1)).toThrow('sum: no such sum');
    expect(() => new ExactSums(2).merge(new ExactSums(3))).toThrow(InputError);
    expect(() => new ExactSums(2, new ExactSums(1).state())).toThrow('state: wrong length');
  });
});
