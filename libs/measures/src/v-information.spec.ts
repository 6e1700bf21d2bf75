import { vInformation } from './v-information.js';

it('is the variance that a layer explains', () => {
  expect(vInformation(Float64Array.of(4, 0, 2), Float64Array.of(0.5, 0, 1))).toEqual(Float64Array.of(2, 0, 2));
  expect(() => vInformation(Float64Array.of(4), Float64Array.of(0.5, 0))).toThrow('r2: wrong length (got 2); accepted: 1 values, one a feature');
});
