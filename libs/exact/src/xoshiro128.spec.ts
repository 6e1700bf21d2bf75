import { Xoshiro128 } from './xoshiro128.js';

it('gives the numbers that the authors’ program gives from the state 1, 2, 3, 4', () => {
  const source = new Xoshiro128([1, 2, 3, 4]);
  const drawn = Array.from({ length: 10 }, () => source.uint32());
  expect(drawn).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]);
});
