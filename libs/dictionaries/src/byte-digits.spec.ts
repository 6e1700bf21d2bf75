import { cutVectors, emptyVectors, joinLevels, lineOf, mostOf, scaleFor, toInteger, type Digits } from './byte-digits.js';
import { gaussianMatrix } from './compare.fixture.js';

it.each([
  [3, 1, 2],
  [5, 7, 3],
  [9000, 5, 3], // more than is worked on at a time
] as const)('levels of %d × %d products of %d digits become products', (rows, count, digits: Digits) => {
  const line = lineOf(digits, count);
  expect([line % 16, line < digits * count + 16]).toEqual([0, true]);
  const levels = Int32Array.from({ length: rows * line }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >> 4);
  const unit = Float64Array.from({ length: count }, (_, j) => 2 ** -j);
  const out = new Float64Array(rows * count);
  joinLevels(levels, rows, digits, { ...emptyVectors(count, 1, digits), unit }, out);
  const expected = out.map((_, at) => {
    const [row, j] = [Math.floor(at / count), at % count];
    let value = 0;
    for (let level = 0; level < digits; level++) value = value * 256 + levels[row * line + level * count + j]!;
    return value * unit[j]!;
  });
  expect(out).toEqual(expected);
});

it.each([
  [1, 1, 2],
  [3, 17, 3],
  [50, 700, 2],
  [3, 11_001, 3], // more than is worked on at a time
] as const)('%d vectors of %d values are cut into %d digits, digit by digit, for low bytes without the last one', (count, d, digits: Digits) => {
  const vectors = gaussianMatrix(count * d, 4);
  const scale = Float64Array.from({ length: d }, (_, c) => 2 ** (10 + (c % 4)));
  const into = emptyVectors(count, d, digits);
  into.high.fill(99);
  into.low.fill(99);
  cutVectors(vectors, scale, into);
  for (let j = 0; j < count; j++) {
    const weighed = Array.from({ length: d }, (_, c) => (vectors[j * d + c]! * 2 ** 10) / scale[c]!);
    const own = scaleFor(
      weighed.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      digits,
    );
    expect(into.unit[j]).toBe(256 / own / 2 ** 10);
    const high = (c: number, level: number): number => into.high[c * lineOf(digits, count) + level * count + j]!;
    const low = (c: number, level: number): number => into.low[c * lineOf(digits - 1, count) + level * count + j]!;
    const levels = Array.from({ length: digits }, (_, level) => level);
    const found = weighed.map((_, c) => levels.reduce((value, level) => value * 256 + high(c, level), 0));
    expect(found).toEqual(weighed.map((value) => toInteger(value, own, mostOf(digits)) + 0));
    const kept = levels.slice(0, -1);
    expect(weighed.map((_, c) => kept.map((level) => low(c, level)))).toEqual(weighed.map((_, c) => kept.map((level) => high(c, level))));
  }
});
