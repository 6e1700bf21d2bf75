import fc from 'fast-check';

import { addInteger, addShifted, integerAt, integerSumAt, integerSums, integersOver, mergeIntegers, sliceIntegers } from './integer-sums.js';

const large = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });

/** The float64 nearest to a whole number. */
const nearest = (value: bigint): number => Number(value);

describe('sums of integers', () => {
  it('in two limbs are those of BigInt, rounded once, however they are added up and merged', () => {
    fc.assert(
      fc.property(fc.array(large, { minLength: 1, maxLength: 60 }), fc.nat(60), fc.integer({ min: 1, max: 4096 }), (values, cut, times) => {
        const wanted = values.reduce((sum, value) => sum + BigInt(value) * BigInt(times), 0n);
        const whole = integerSums(1, true);
        for (let turn = 0; turn < times; turn += 1) for (const value of values) addInteger(whole, 0, value);
        expect(integerAt(whole, 0)).toBe(nearest(wanted));
        const [left, right] = [integerSums(1, true), integerSums(1, true)];
        for (let turn = 0; turn < times; turn += 1) values.forEach((value, at) => addInteger(at < cut ? left : right, 0, value));
        mergeIntegers(right, left);
        expect(integerAt(right, 0)).toBe(nearest(wanted));
      }),
      { numRuns: 30 },
    );
  });

  it('grow far beyond 2⁵³: merged with themselves 40 times', () => {
    fc.assert(
      fc.property(large, large, (one, other) => {
        const sums = integerSums(2, true);
        addInteger(sums, 0, one);
        addInteger(sums, 0, other);
        let wanted = BigInt(one) + BigInt(other);
        for (let turn = 0; turn < 40; turn += 1) {
          const same = integerSums(2, true);
          mergeIntegers(same, sums);
          mergeIntegers(sums, same);
          wanted *= 2n;
        }
        expect(integerAt(sums, 0)).toBe(nearest(wanted));
        expect(integerSumAt(sums, [0, 0, 1])).toBe(nearest(2n * wanted));
      }),
    );
  });

  it('take int32 values times powers of two', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), fc.constantFrom(0, 8, 16, 20, 24, 31, 32)), { minLength: 1, maxLength: 200 }), (terms) => {
        const sums = integerSums(1, true);
        for (const [value, shift] of terms) addShifted(sums, 0, value, shift);
        expect(integerAt(sums, 0)).toBe(nearest(terms.reduce((sum, [value, shift]) => sum + BigInt(value) * 2n ** BigInt(shift), 0n)));
      }),
    );
  });

  it('in one limb are plain numbers', () => {
    const sums = integerSums(3, false);
    expect(sums.high).toBeUndefined();
    addInteger(sums, 1, 2 ** 51);
    addInteger(sums, 1, 2 ** 51);
    addShifted(sums, 2, -3, 16);
    expect([...sums.low]).toEqual([0, 2 ** 52, -196_608]);
    expect([integerAt(sums, 1), integerSumAt(sums, [1, 2])]).toEqual([2 ** 52, 2 ** 52 - 196_608]);
  });

  it.each([false, true])('over several groups are those of the groups, slices are not copied (two limbs: %p)', (wide) => {
    const sums = integerSums(6, wide);
    for (let at = 0; at < 6; at += 1) addInteger(sums, at, 10 ** at);
    const over = integersOver(sums, [0, 2], 2);
    expect([0, 1].map((at) => integerAt(over, at))).toEqual([10_001, 100_010]);
    addInteger(sliceIntegers(sums, 4, 6), 1, 1);
    expect(integerAt(sums, 5)).toBe(100_001);
  });
});
