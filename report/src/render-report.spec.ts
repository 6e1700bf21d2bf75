import { createHash } from 'node:crypto';
import { reportFixture } from './data/report-data.fixture.js';
import type { ReportData } from './data/report-data.js';
import { renderReport } from './render-report.js';

const data = reportFixture();
const page = renderReport(data);

test('the same data gives the same bytes', () => {
  expect(renderReport(reportFixture())).toBe(page);
});

test('the policy allows the one script inside, by its hash, and nothing from elsewhere', () => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
  const script = page.slice(page.lastIndexOf('<script>') + 8, page.lastIndexOf('</script>'));
  expect(policy).toContain('default-src &#39;none&#39;');
  expect(policy).toContain(`sha256-${createHash('sha256').update(script).digest('base64')}`);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).not.toMatch(/<(?:link|img|iframe|script)[^>]+(?:src|href)="(?!data:)/);
});

test('the header names network, images, study, engine, the commands that verify, and what was reduced', () => {
  for (const text of [
    data.model.digest,
    ...data.data.sets.map((set) => set.digest),
    data.study.digest,
    data.study.engine,
    ...data.study.verify,
    ...data.study.reduced,
  ])
    expect(page).toContain(text);
});

test('hostile names stay text', () => {
  const hostile = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';
  const text = renderReport({
    ...data,
    title: hostile,
    model: { ...data.model, name: hostile },
    features: data.features.map((f) => ({ ...f, label: hostile })),
  });
  expect(text).not.toContain('<script>alert');
  expect(text).not.toContain('<img src=x');
});

test('what a study did not compute is said, not drawn', () => {
  const bare: ReportData = {
    ...data,
    checkpoints: [],
    flow: [],
    relations: [],
    ablation: null,
    faithfulness: null,
    model: { ...data.model, accuracy: null, parameters: null },
    features: data.features.map((f) => ({
      ...f,
      r2Training: null,
      lambda: null,
      lambdaRaw: null,
      kStdUnshared: null,
      lambdaUnshared: null,
      importance: null,
      importanceSigned: null,
      redundancy: null,
      sensitivity: null,
      kPublished: null,
    })),
  };
  const text = renderReport(bare);
  expect(text.match(/This study did not compute it\./g)).toHaveLength(6);
  for (const name of ['flow', 'ablation', 'relations', 'lateness', 'importance-std', 'redundancy']) expect(text).not.toContain(`data-plot="${name}"`);
});

test('dead features are counted and listed apart', () => {
  expect(page).toContain('2 dead features');
  expect(page).toContain('<li>#17 Trouser · 8</li>');
});

it('a correlation without an interval says so', () => {
  const data = reportFixture();
  const [first, ...rest] = data.relations;
  const page = renderReport({ ...data, relations: [{ ...first!, rho: 0, low: null, high: null, p: 1 }, ...rest] });
  expect(page).toContain('no interval');
  expect(renderReport(data)).not.toContain('no interval</td>');
});
