import { FEATURE_COLUMNS } from './feature-columns.js';
import { queryFeatures } from './feature-query.js';
import { reportFixture } from './report-data.fixture.js';

const { features } = reportFixture();

test.each(FEATURE_COLUMNS.map((column) => column.key))('sorting by %s orders by it, both ways', (key) => {
  const value = FEATURE_COLUMNS.find((column) => column.key === key)!.value;
  const up = queryFeatures(features, { sortBy: key }).map((f) => value(f)!);
  expect(up).toEqual([...up].sort((a, b) => a - b));
  expect(queryFeatures(features, { sortBy: key, descending: true }).map((f) => value(f)!)).toEqual([...up].reverse());
});

test('all words must occur in number or label, in any case and order', () => {
  expect(
    queryFeatures(features, { text: '3 BAG' })
      .map((f) => f.label)
      .every((label) => /^Bag/.test(label)),
  ).toBe(true);
  expect(queryFeatures(features, { text: '#42' }).map((f) => f.index)).toEqual([42]);
  expect(queryFeatures(features, { text: 'no such thing' })).toEqual([]);
});

test('bounds are inclusive and leave out features without a value', () => {
  const some = features.slice(0, 3).map((f, i) => ({ ...f, redundancy: [0.2, null, 0.6][i]! }));
  const found = (least?: number, most?: number) =>
    queryFeatures(some, {
      bounded: 'redundancy',
      sortBy: 'feature',
      ...(least === undefined ? {} : { least }),
      ...(most === undefined ? {} : { most }),
    }).map((f) => f.index);
  expect([found(0.2, 0.6), found(0.3), found(undefined, 0.3), found()]).toEqual([[0, 2], [2], [0], [0, 1, 2]]);
});

test('absent values come last, whichever way one sorts', () => {
  const some = features.slice(0, 3).map((f, i) => ({ ...f, lambda: [0.2, null, 0.6][i]! }));
  expect(queryFeatures(some, { sortBy: 'lambda' }).map((f) => f.index)).toEqual([0, 2, 1]);
  expect(queryFeatures(some, { sortBy: 'lambda', descending: true }).map((f) => f.index)).toEqual([2, 0, 1]);
});
