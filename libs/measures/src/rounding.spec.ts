import { roundToMillionth } from './rounding.js';

it('rounds to the nearest millionth, and halves to the even one', () => {
  expect([0.1234564999, 0.1234565001, 0.7, 0].map(roundToMillionth)).toEqual([0.123456, 0.123457, 0.7, 0]);
  // 2^-7 and 3·2^-7 are 7812.5 and 23437.5 millionths, exactly
  expect([2 ** -7, 3 * 2 ** -7, -(2 ** -7)].map(roundToMillionth)).toEqual([0.007812, 0.023438, -0.007812]);
});
