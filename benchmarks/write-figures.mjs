/**
 * Writes the figures of benchmarks/results into docs/performance.md, between its markers.
 * Usage: node benchmarks/write-figures.mjs
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { speed } from './in-turn.mjs';

const page = resolve(import.meta.dirname, '../docs/performance.md');
const results = (name) => {
  const path = join(import.meta.dirname, 'results', `${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
};
const ABSENT = 'Not measured yet.';
const significant = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const giga = (value) => significant(value / 1e9);
const percent = (share) => `${(100 * share).toFixed(0)} %`;
const table = (...rows) => [rows[0], rows[0].map(() => '---'), ...rows.slice(1)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const machineLine = ({ processor, processors, node }) => `${processor}, ${processors} processors, Node ${node}`;

function peersSection() {
  const found = results('peers');
  if (!found) return ABSENT;
  const head = ['work', 'size', 'Fathom', 'memory', 'peer', 'its time', 'its memory', 'Fathom is', 'wanted'];
  const lines = Object.values(found.rows).flatMap(({ title, size, ours, peers, wanted }) =>
    (peers.length > 0 ? peers : [undefined]).map((peer) => [
      title,
      size,
      `${significant(ours.seconds)} s`,
      `${giga(ours.peakMemory)} GB`,
      peer ? peer.name : '–',
      peer ? `${significant(peer.seconds)} s${peer.isVoid ? ' (void)' : ''}` : '–',
      peer ? `${giga(peer.peakMemory)} GB` : '–',
      peer ? speed(ours, peer) : '–',
      wanted,
    ]),
  );
  const notes = Object.values(found.rows).flatMap(({ title, peers }) =>
    peers.flatMap(({ name, notes = [] }) => notes.map((note) => `- ${title}, ${name}: ${note}`)),
  );
  return [machineLine(found.machine), table(head, ...lines), notes.join('\n')].filter((part) => part !== '').join('\n\n');
}

function ratesSection() {
  const found = results('peers');
  if (!found) return ABSENT;
  const head = [
    'work',
    'G operations',
    'GB',
    'Fathom, Gop/s',
    'G integer operations',
    'share of the integer peak',
    'peer, Gop/s',
    'share of its dgemm peak',
  ];
  const lines = Object.values(found.rows).flatMap(({ title, operations, bytes, integerOperations, integerPeak, ours, peers }) =>
    (peers.length > 0 ? peers : [undefined]).map((peer) => {
      const rate = peer && (peer.operations ?? operations) / peer.seconds;
      return [
        peer ? `${title}, ${peer.name}` : title,
        giga(operations),
        giga(bytes),
        giga(operations / ours.seconds),
        integerOperations ? giga(integerOperations) : '–',
        integerOperations ? `${percent(integerOperations / ours.seconds / integerPeak.rate)} of ${giga(integerPeak.rate)}` : '–',
        peer ? giga(rate) : '–',
        peer?.peak ? `${percent(rate / peer.peak)} of ${giga(peer.peak)}` : '–',
      ];
    }),
  );
  return table(head, ...lines);
}

function stagesSection() {
  const found = results('peers')?.rows.K;
  if (!found) return ABSENT;
  const share = ({ seconds, shareOfPeak, integerOperations }) =>
    `${significant(seconds)} s${integerOperations > 0 ? `, ${percent(shareOfPeak)} of the integer peak` : ''}`;
  const names = [...new Set(found.ours.stages.flatMap(({ stages }) => stages.map(({ stage }) => stage)))];
  const lines = found.ours.stages.map(({ channels, seconds, stages }) => [
    channels,
    `${significant(seconds)} s`,
    ...names.map((name) => stages.filter(({ stage }) => stage === name).map(share)[0] ?? '–'),
  ]);
  const theirs = found.peers.map(({ name, stages, peak }) =>
    table(
      [`${name}, stage`, 'all layers', 'share of its dgemm peak'],
      ...Object.entries(stages).map(([stage, each]) => [
        stage,
        `${significant(each.seconds)} s`,
        each.operations > 0 ? percent(each.operations / each.seconds / peak) : '–',
      ]),
    ),
  );
  return [table(['one layer of so many channels', 'time', ...names], ...lines), ...theirs].join('\n\n');
}

function differencesSection() {
  const found = Object.values(results('peers')?.rows ?? {}).flatMap(({ size, peers }) => peers.map((peer) => ({ size, ...peer })));
  const lines = found
    .filter(({ differenceInR2 }) => differenceInR2)
    .map(({ name, size, differenceInR2: { largest, mean, otherAlpha } }) => [
      name,
      size,
      largest.toExponential(1),
      mean.toExponential(1),
      otherAlpha,
    ]);
  return lines.length === 0
    ? ABSENT
    : table(['beside', 'size', 'largest difference in R²', 'on average', 'layers with another α, left out'], ...lines);
}

function scaleSection() {
  const found = results('scale');
  if (!found) return ABSENT;
  const { n, k, d } = found.base;
  const names = { n: 'images n', k: 'features k', d: 'channels d' };
  const head = ['over', 'from', 'to', 'time grows as', 'the floor as', 'memory as'];
  const lines = Object.entries(found.series).map(([variable, { points, time, floor, memory }]) => [
    names[variable],
    points[0][variable],
    points.at(-1)[variable],
    ...[time, floor, memory].map(({ exponent }) => `${variable}^${exponent.toFixed(2)}`),
  ]);
  return [
    `${machineLine(found.machine)}; where a number is not varied, n = ${n}, k = ${k} and d = ${d}.`,
    table(head, ...lines),
    '![Time and peak memory of K over images, features and channels, with the arithmetic floor](img/scale.svg)',
  ].join('\n\n');
}

const sections = { peers: peersSection(), rates: ratesSection(), stages: stagesSection(), differences: differencesSection(), scale: scaleSection() };
const text = Object.entries(sections).reduce(
  (all, [name, section]) =>
    all.replace(new RegExp(`(<!-- ${name} -->)[^]*(<!-- /${name} -->)`), (_, begin, end) => `${begin}\n\n${section}\n\n${end}`),
  readFileSync(page, 'utf8'),
);
writeFileSync(page, text);
