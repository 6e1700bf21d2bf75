import { depthHalf } from './depth-half.js';

it('is the first depth, on straight lines from 0 before the first layer, at which R² is half of its maximum', () => {
  const layers = [Float64Array.of(0, 0.8, 0.2, 0.5, 0), Float64Array.of(0.6, 0.8, 0.4, 0, 0), Float64Array.of(0.9, 0.8, 0.6, 0.6, 0)];
  const expected = [1.75, 0.5, 1.5, 0.6, 3];
  depthHalf(layers).forEach((depth, j) => expect(depth).toBeCloseTo(expected[j]!, 12));
});
