import { naturalLog } from './natural-log.js';
import { random } from './random.fixture.js';

/** The distance from a number to the next larger one in absolute value. */
function unitInLastPlace(x: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0) - Math.abs(x);
}

describe('the natural logarithm', () => {
  it('is within one unit in the last place of the rounded 200-bit value, from the smallest number to the largest', () => {
    expect(random.logarithms.length).toBeGreaterThan(1500);
    for (const [x, expected] of random.logarithms) {
      expect(Math.abs(naturalLog(x) - expected)).toBeLessThanOrEqual(unitInLastPlace(expected));
    }
  });

  it('is exact at 1 and says what has none', () => {
    expect(naturalLog(1)).toBe(0);
    expect(naturalLog(0)).toBe(-Infinity);
    expect(naturalLog(-0)).toBe(-Infinity);
    expect(naturalLog(Infinity)).toBe(Infinity);
    expect(naturalLog(-1)).toBeNaN();
    expect(naturalLog(NaN)).toBeNaN();
  });
});
