import { checkReportData } from './check-report-data.js';
import { reportFixture } from './data/report-data.fixture.js';
import type { ReportData, ReportFeature } from './data/report-data.js';

const data = reportFixture({ features: 12 });
const withFeature = (change: Partial<ReportFeature>): ReportData => ({
  ...data,
  features: data.features.map((f, j) => (j === 3 ? { ...f, ...change } : f)),
});

test('the data of a study passes', () => {
  expect(() => checkReportData(data)).not.toThrow();
});

test.each<[string, ReportData, RegExp]>([
  ['no layers', { ...data, layers: [] }, /report\.layers: is empty/],
  ['no features', { ...data, features: [] }, /report\.features: is empty/],
  ['a number that is none', withFeature({ kStd: NaN }), /report\.features\[3\]\.kStd: is not a finite number \(got NaN\)/],
  ['infinity in a list', { ...data, alpha: data.alpha.map(() => Infinity) }, /report\.alpha\[0\]: is not a finite number/],
  ['R² of another count of layers', withFeature({ r2: [1, 2] }), /report\.features\[3\]\.r2: has the wrong length \(got 2\); accepted: 9/],
  ['R² of another count of checkpoints', withFeature({ r2Training: [0.5] }), /r2Training: has the wrong length \(got 1\); accepted: 8/],
  ['a null floor of another length', { ...data, null95: [0.1] }, /report\.null95: has the wrong length/],
  ['features out of place', { ...data, features: [...data.features].reverse() }, /report\.features\[0\]\.index: is not the place of the feature/],
  [
    'a picture that is not there',
    withFeature({ topImages: [{ image: 0, code: 1, label: 0, tile: 300 }] }),
    /points to a picture that is not there \(got 300\); accepted: a whole number below 300/,
  ],
  [
    'a picture from elsewhere',
    { ...data, thumbnails: { ...data.thumbnails, sheets: [{ uri: 'https://example.org/a.png', columns: 18, tiles: 300 }] } },
    /report\.thumbnails: is not an embedded PNG/,
  ],
  [
    'a curve of another length',
    { ...data, ablation: { ...data.ablation!, shares: [0, 1] } },
    /ablation most_complex_first kept: has the wrong length/,
  ],
])('%s is refused by name', (_, wrong, message) => {
  expect(() => checkReportData(wrong)).toThrow(message);
});
