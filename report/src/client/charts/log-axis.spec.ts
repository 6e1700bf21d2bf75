import fc from 'fast-check';
import { logAxis } from './log-axis.js';

test('every value has room, and ticks lie within and are few', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
      const { domain, ticks } = logAxis(values);
      for (const value of values) expect(value > domain[0] && value < domain[1]).toBe(true);
      for (const tick of ticks) expect(tick >= domain[0] && tick <= domain[1]).toBe(true);
      expect(ticks.length).toBeLessThanOrEqual(20);
    }),
  );
});

test('ticks are round numbers', () => {
  expect(logAxis([0.1, 2]).ticks).toEqual([0.1, 0.2, 0.5, 1, 2]);
});
