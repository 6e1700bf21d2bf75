import fc from 'fast-check';

import { exponentFor, fixedPoint, largestInteger, outOfRange, powerOfTwo, toInteger, type Bits } from './fixed-point.js';

const anyBits = fc.constantFrom<Bits>(16, 24);
const finite = fc.double({ min: -1e149, max: 1e149, noNaN: true });
const columns = fc.array(finite, { minLength: 1, maxLength: 30 });
const rangeOf = (values: readonly number[]) => ({ min: [Math.min(...values)], max: [Math.max(...values)] });

/** An integer as its bytes, each in −128..127, the first of the highest weight. */
function bytesOf(q: number, digits: number): number[] {
  const bytes: number[] = [];
  for (let digit = 0, rest = q; digit < digits; digit += 1) {
    const byte = ((((rest + 128) % 256) + 256) % 256) - 128;
    bytes.unshift(byte);
    rest = (rest - byte) / 256;
  }
  return bytes;
}

describe('fixed point', () => {
  it('reads every value of a column as an integer whose bytes fit into 8 bits', () => {
    fc.assert(
      fc.property(columns, anyBits, fc.boolean(), (values, bits, centred) => {
        const point = fixedPoint(rangeOf(values), { bits, centred });
        for (const value of values) {
          const q = toInteger(value, point, 0);
          expect(Number.isInteger(q) && Math.abs(q) <= largestInteger(bits)).toBe(true);
          const bytes = bytesOf(q, bits / 8);
          expect(bytes.every((byte) => byte >= -128 && byte <= 127)).toBe(true);
          expect(bytes.reduce((sum, byte) => sum * 256 + byte, 0)).toBe(q);
        }
      }),
    );
  });

  it('uses the whole of them: twice as fine would not fit, and half of a unit is all that is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 30 }), anyBits, (values, bits) => {
        const range = rangeOf(values);
        fc.pre(range.max[0]! - range.min[0]! > 1e-3);
        const point = fixedPoint(range, { bits });
        const farthest = Math.max(...values.map((value) => Math.abs(value - point.centre[0]!)));
        expect(farthest * point.scale[0]! * 2).toBeGreaterThan(largestInteger(bits));
        for (const value of values) {
          const back = point.centre[0]! + toInteger(value, point, 0) / point.scale[0]!;
          expect(Math.abs(back - value) * point.scale[0]!).toBeLessThanOrEqual(0.5 + 1e-6);
        }
      }),
    );
  });

  it('rounds halves to even', () => {
    const point = fixedPoint({ min: [-32_639], max: [32_639] });
    expect(point.scale[0]).toBe(1);
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 0.49, 0.51].map((value) => toInteger(value, point, 0) + 0)).toEqual([0, 2, 2, 0, -2, 0, 1]);
  });

  it('reads a constant column as 0, exactly, and its scale is 1', () => {
    for (const value of [0, 0.1, -3e-300, 5e-324, 1e149, 1.7e308]) {
      const point = fixedPoint({ min: [value], max: [value] });
      expect([toInteger(value, point, 0), point.scale[0]]).toEqual([0, 1]);
    }
  });

  it('takes the middle as a float32 value, 0 where columns are not centred', () => {
    expect([...fixedPoint({ min: [0.1], max: [0.4] }).centre]).toEqual([Math.fround(0.25)]);
    expect([...fixedPoint({ min: [5, -7], max: [6, -7] }, { centred: false }).centre]).toEqual([0, 0]);
    expect([...fixedPoint({ min: [1e100], max: [1.5e100] }).centre]).toEqual([3.4028234663852886e38]);
  });

  it('keeps the digits of a column of 1e30 beside one of 1e-30; what differs by less than 2⁻⁵⁰⁰ is as good as constant', () => {
    const point = fixedPoint({ min: [0, 0, 0], max: [1e30, 1e-30, 5e-324] }, { bits: 24 });
    expect(toInteger(1e30 / 3, point, 0) / toInteger(1e30, point, 0)).toBeCloseTo(-1 / 3, 6);
    expect(toInteger(1e-30 / 3, point, 1) / toInteger(1e-30, point, 1)).toBeCloseTo(-1 / 3, 6);
    expect(Math.abs(toInteger(5e-324, point, 2))).toBe(0);
  });

  it('refuses ranges that are not finite, not in order, or too wide, naming the column', () => {
    expect(() => fixedPoint({ min: [0, 2], max: [1, 1] })).toThrow('range of column 1: is no range (got [2,1]); accepted: finite numbers, in order');
    expect(() => fixedPoint({ min: [NaN], max: [1] })).toThrow('range of column 0: is no range');
    expect(() => fixedPoint({ min: [0], max: [Infinity] })).toThrow('range of column 0: is no range');
    expect(() => fixedPoint({ min: [-1e200], max: [1e200] })).toThrow('range of column 0: is too wide');
    expect(() => fixedPoint({ min: [0, -1e200], max: [0, 1e200] }, { name: 'layer 3' })).toThrow('layer 3, range of column 1: is too wide');
    expect(() => fixedPoint({ min: [NaN], max: [1] }, { name: 'z' })).toThrow('z, range of column 0: is no range');
    expect(() => fixedPoint({ min: [-1.7e308], max: [1.7e308] })).toThrow('accepted: values below 1e150 in size');
  });

  it('tells a value outside of its range from one that is not finite', () => {
    expect(outOfRange('codes', 3, 1, 7).message).toContain('codes, row 3, column 1: is outside of the range that was given for its column (got 7)');
    expect(outOfRange('codes', 3, 1, NaN).message).toContain('codes, row 3, column 1: not a finite number (got "NaN")');
  });
});

describe('powers of two', () => {
  it('are exact', () => {
    for (const exponent of [-1022, -500, -1, 0, 1, 52, 1023]) expect(powerOfTwo(exponent)).toBe(2 ** exponent);
  });

  it('exponentFor is the largest that fits, within ±500', () => {
    fc.assert(
      fc.property(fc.double({ min: 5e-324, max: 1e140, noNaN: true }), (value) => {
        const exponent = exponentFor(value, 32_639);
        expect(value * powerOfTwo(exponent)).toBeLessThanOrEqual(32_639);
        if (exponent < 500) expect(value * powerOfTwo(exponent + 1)).toBeGreaterThan(32_639);
      }),
    );
  });
});
