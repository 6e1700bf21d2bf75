import { FEATURE_COLUMNS } from './feature-columns.js';
import { featuresCsv, featuresJson } from './feature-files.js';
import { reportFixture } from './report-data.fixture.js';

const data = reportFixture();

test('a CSV file has one line per feature, every column, and digits that read back to the same numbers', () => {
  const [heading, ...lines] = featuresCsv(data, data.features)
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  expect(heading).toEqual(['feature', 'label', 'group', 'dead', ...FEATURE_COLUMNS.map((c) => c.key), ...data.layers.map((l) => `r2_${l}`)]);
  expect(lines).toHaveLength(100);
  lines.forEach((cells, j) => {
    const numbers = [...FEATURE_COLUMNS.map((c) => c.value(data.features[j]!)), ...data.features[j]!.r2];
    expect(cells.slice(4).map(Number)).toEqual(numbers);
  });
});

test('labels with commas, quotes or line ends are quoted; formulas are not run', () => {
  const feature = { ...data.features[0]!, label: 'a "b", c', group: '=1+1', kPublished: null };
  expect(featuresCsv(data, [feature]).split('\r\n')[1]).toMatch(/^0,"a ""b"", c",'=1\+1,0,/);
});

test('a value that was not computed is an empty cell', () => {
  const feature = { ...data.features[0]!, kPublished: null };
  const cell = 4 + FEATURE_COLUMNS.findIndex((c) => c.key === 'k_published');
  expect(featuresCsv(data, [feature]).split('\r\n')[1]!.split(',')[cell]).toBe('');
});

test('a JSON file says where its features come from', () => {
  const read = JSON.parse(featuresJson(data, data.features.slice(0, 2))) as Record<string, unknown>;
  expect(read).toEqual({
    title: data.title,
    model: data.model.digest,
    study: data.study.digest,
    codeVersion: '0.1.0',
    layers: data.layers,
    features: data.features.slice(0, 2),
  });
});
