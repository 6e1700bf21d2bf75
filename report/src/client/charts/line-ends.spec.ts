import fc from 'fast-check';
import { apart } from './line-ends.js';

test('names at the ends of lines keep their order and their distance, and stay on the page', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }), (ends) => {
      const shown = apart(
        ends.map((r2) => ({ r2 })),
        0.05,
      );
      shown.forEach((end, i) => {
        expect(end.shown).toBeLessThanOrEqual(1 + 1e-12);
        if (i > 0) expect(end.shown - shown[i - 1]!.shown).toBeGreaterThanOrEqual(0.05 - 1e-12);
        if (i > 0) expect(end.r2).toBeGreaterThanOrEqual(shown[i - 1]!.r2);
      });
    }),
  );
});
