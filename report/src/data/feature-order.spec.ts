import { firstChoice, simpleToComplex } from './feature-order.js';
import { reportFixture } from './report-data.fixture.js';

const { features } = reportFixture();

test('features go from low to high K, dead ones left out', () => {
  const ordered = simpleToComplex(features);
  expect(ordered).toHaveLength(98);
  expect(ordered.some((f) => f.dead)).toBe(false);
  ordered.slice(1).forEach((f, i) => expect(f.kStd).toBeGreaterThanOrEqual(ordered[i]!.kStd));
});

test('equal K leaves the lower index first', () => {
  const tied = features.slice(0, 4).map((f) => ({ ...f, kStd: 0.5 }));
  expect(simpleToComplex([...tied].reverse()).map((f) => f.index)).toEqual([0, 1, 2, 3]);
});

test('the first choice spans the order, however few features there are', () => {
  const ordered = simpleToComplex(features);
  const choice = firstChoice(features);
  expect(choice).toHaveLength(4);
  expect([choice[0], choice[3]]).toEqual([ordered[0]!.index, ordered.at(-1)!.index]);
  expect(firstChoice(features.slice(0, 1))).toEqual([0]);
  expect(firstChoice(features.slice(0, 2))).toHaveLength(2);
  expect(firstChoice([features[17]!])).toEqual([]);
});
