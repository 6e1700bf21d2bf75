import fc from 'fast-check';

import { addBounded, boundedSum, boundedSums, mergeBounded } from './bounded-sums.js';

const size = fc.constantFrom(1e-100, 1e-30, 1, 12_345.678, 1e30, 1e100);

describe('sums of bounded values', () => {
  it('are the same in any order and any partition, and lose less than 44 bits hold', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 60 }), size, fc.nat(60), (shares, most, cut) => {
        const values = shares.map((share) => share * most);
        const add = (part: readonly number[]) => {
          const sums = boundedSums('values', Float64Array.of(most));
          for (const value of part) addBounded(sums, 0, value);
          return sums;
        };
        const whole = boundedSum(add(values), 0);
        expect(boundedSum(add([...values].sort((a, b) => a - b)), 0)).toBe(whole);
        const late = add(values.slice(cut));
        mergeBounded(late, add(values.slice(0, cut)));
        expect(boundedSum(late, 0)).toBe(whole);
        const plain = values.reduce((sum, value) => sum + value, 0);
        expect(Math.abs(whole - plain)).toBeLessThanOrEqual(values.length * most * 2 ** -43);
      }),
    );
  });

  it('of a column that is 0 throughout are 0', () => {
    const sums = boundedSums('values', Float64Array.of(0, 5e-324));
    addBounded(sums, 0, 0);
    addBounded(sums, 1, 5e-324);
    expect([boundedSum(sums, 0), boundedSum(sums, 1)]).toEqual([0, 0]);
  });

  it('refuse bounds that cannot be summed, naming the column', () => {
    for (const bound of [1e200, Infinity, NaN])
      expect(() => boundedSums('contributions', Float64Array.of(1, bound))).toThrow('contributions, column 1: is too large to be summed');
  });
});
