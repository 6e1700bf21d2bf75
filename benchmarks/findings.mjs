/**
 * The tables of docs/demo.md, in Markdown, from a study's scores.json.
 * Usage: node benchmarks/findings.mjs fathom-report/scores.json
 */
import { readFileSync } from 'node:fs';

const file = process.argv[2];
if (!file) {
  console.error('Usage: node benchmarks/findings.mjs SCORES.json');
  process.exit(2);
}
const data = JSON.parse(readFileSync(file, 'utf8'));
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
const head = (...cells) => {
  row(...cells);
  row(...cells.map(() => '---'));
};
const fixed = (value, digits = 2) => (value === null ? '–' : value.toFixed(digits).replace('-', '−'));
const interval = ({ rho, low, high, p }) =>
  `${fixed(rho)}${low === null ? '' : ` [${fixed(low)}, ${fixed(high)}]`}, p ${p < 0.001 ? '< 0.001' : `= ${fixed(p, 3)}`}`;

console.log(`Study ${data.study.digest}, ${data.study.engine}, Fathom ${data.study.codeVersion}\n`);
console.log(
  `Accuracy ${fixed(100 * data.model.accuracy, 1)} %, agreement of the codes ${fixed(100 * data.faithfulness.predictionAgreement, 2)} %, reconstruction R² ${fixed(data.faithfulness.reconstructionR2, 4)}, dead features ${data.faithfulness.deadAtoms}\n`,
);

const controls = (data.relations[0]?.control ?? []).map(({ network }) => network);
head('relation', 'sign in the paper', 'trained', 'partial', ...controls.map((network) => `untrained (${network})`));
for (const relation of data.relations) {
  const sign = { '+': '+', '-': '−', 0: 'about 0' }[relation.paperSign ?? ''] ?? '';
  row(
    `${relation.measure} – ${relation.other}`,
    sign,
    interval(relation),
    fixed(relation.partial),
    ...controls.map((_, i) => (relation.control[i] ? interval(relation.control[i]) : 'none')),
  );
}

console.log('');
head('epoch', 'accuracy', 'mean K', 'mean K of the most important', 'K – importance', 'K_raw – importance');
for (const { epoch, accuracy, meanK, meanKTop, importanceRhoStd, importanceRhoRaw } of data.checkpoints)
  row(epoch, `${fixed(100 * accuracy, 1)} %`, fixed(meanK, 3), fixed(meanKTop, 3), fixed(importanceRhoStd), fixed(importanceRhoRaw));

console.log('');
head('removed', ...data.ablation.shares.map((share) => `${Math.round(100 * share)} %`));
for (const { order, kept } of data.ablation.curves) row(order.replaceAll('_', ' '), ...kept.map((value) => fixed(100 * value, 1)));

console.log('');
const blocks = [...new Set(data.flow.map(({ block }) => block))];
head('R², group and branch', ...blocks);
for (const group of ['simplest', 'mostComplex'])
  for (const branch of ['r2Shortcut', 'r2Main'])
    row(
      `${group === 'simplest' ? 'simplest' : 'most complex'}, ${branch === 'r2Main' ? 'main branch' : 'shortcut'}`,
      ...blocks.map((block) => fixed(data.flow.find((entry) => entry.block === block && entry.group === group)[branch])),
    );

console.log('');
const inhibitory = data.features.filter(({ dead, importanceSigned }) => !dead && importanceSigned < 0);
const others = data.features.filter(({ dead, importanceSigned }) => !dead && importanceSigned >= 0);
const meanK = (features) => (features.length === 0 ? null : features.reduce((sum, { kStd }) => sum + kStd, 0) / features.length);
head('features', 'number', 'mean K');
row('inhibitory (mean contribution below 0)', inhibitory.length, fixed(meanK(inhibitory)));
row('others', others.length, fixed(meanK(others)));

console.log('');
const live = data.features.filter(({ dead }) => !dead).sort((a, b) => a.kStd - b.kStd || a.index - b.index);
head('feature', 'K', 'standard error', 'importance');
for (const { label, kStd, kStdSe, importance } of [...live.slice(0, 5), ...live.slice(-5)])
  row(label, fixed(kStd), fixed(kStdSe, 3), fixed(importance, 3));
