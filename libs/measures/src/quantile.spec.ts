import { quantile } from './quantile.js';

it('lies on straight lines between sorted values, as NumPy’s percentile does', () => {
  const sorted = Float64Array.of(-1, 0, 3, 4, 10);
  expect([0, 0.1, 0.25, 0.5, 0.95, 1].map((share) => quantile(sorted, share))).toEqual([-1, -0.6, 0, 3, expect.closeTo(8.8, 12), 10]);
  expect(quantile(Float64Array.of(7), 0.95)).toBe(7);
});
