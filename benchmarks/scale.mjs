/**
 * Time and memory of K over doublings of images n, features k and channels d of one layer: how they grow, beside the arithmetic floor.
 *
 * Usage: npm run bench:scale [-- [--quick] [--out FILE] [--figure FILE]]
 * A full run keeps its figures in benchmarks/results/scale.json and draws docs/img/scale.svg.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ours } from './child.mjs';
import { growth } from './growth.mjs';
import { complexityOperations, integerOperations, total } from './operations.mjs';
import { scaleData } from './scale-data.mjs';
import { scaleFigure } from './scale-figure.mjs';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, out: { type: 'string' }, figure: { type: 'string' } } });
const BASE = values.quick ? { n: 2000, k: 200, d: 64 } : { n: 10_000, k: 2000, d: 512 };
const SERIES = values.quick
  ? { n: [1000, 2000, 4000], k: [100, 200, 400], d: [32, 64, 128] }
  : { n: [2500, 5000, 10_000, 20_000, 40_000], k: [1000, 2000, 4000, 8000], d: [256, 512, 1024, 2048] };
const NAMES = { n: 'images n', k: 'features k', d: 'channels d' };
const out = values.out ?? (values.quick ? undefined : join(import.meta.dirname, 'results/scale.json'));
const figure = values.figure ?? (values.quick ? undefined : resolve(import.meta.dirname, '../docs/img/scale.svg'));

const peak = await ours('integer-peak.mjs');
const r2 = join(tmpdir(), `fathom-scale-${process.pid}`);

/** One layer of d channels probed for k features on n images. The same sizes are measured once. */
const known = new Map();
async function measure({ n, k, d }) {
  const key = `${n} ${k} ${d}`;
  if (known.has(key)) return known.get(key);
  const { store, activations, codes, layers } = await scaleData({ rows: n, widths: [d], features: [k], seed: 1 });
  const { seconds, peakMemory } = await ours('complexity.mjs', { store, activations, codes: codes[k], layers, r2 });
  const operations = total(integerOperations(complexityOperations({ rows: n, widths: [d], features: k })));
  const point = { n, k, d, seconds, peakMemory, operations, floorSeconds: operations / peak.rate };
  known.set(key, point);
  return point;
}

const series = {};
for (const [variable, sizes] of Object.entries(SERIES)) {
  const points = [];
  for (const size of sizes) points.push(await measure({ ...BASE, [variable]: size }));
  const fit = (of) => growth(points.map((point) => [point[variable], of(point)]));
  series[variable] = {
    points,
    time: fit((point) => point.seconds),
    memory: fit((point) => point.peakMemory),
    floor: fit((point) => point.floorSeconds),
  };
  console.log(`\n${NAMES[variable].padEnd(12)}      seconds    floor   share   memory`);
  for (const point of points)
    console.log(
      `${String(point[variable]).padStart(12)} ${point.seconds.toFixed(2).padStart(10)} s ${point.floorSeconds.toFixed(2).padStart(6)} s ${((100 * point.floorSeconds) / point.seconds).toFixed(0).padStart(5)} % ${(point.peakMemory / 2 ** 20).toFixed(0).padStart(6)} MiB`,
    );
  const { time, memory, floor } = series[variable];
  console.log(
    `grows as ${variable}^${time.exponent.toFixed(2)} in time (the floor as ${variable}^${floor.exponent.toFixed(2)}), ${variable}^${memory.exponent.toFixed(2)} in memory`,
  );
}
rmSync(r2, { force: true });

if (out) {
  mkdirSync(dirname(out), { recursive: true });
  const machine = { processor: cpus()[0]?.model.trim() ?? 'unknown', processors: availableParallelism(), node: process.version };
  writeFileSync(out, `${JSON.stringify({ machine, base: BASE, integerPeak: peak, series }, undefined, 2)}\n`);
}
if (figure) {
  const panels = (title, unit, of, floorOf) =>
    Object.entries(series).map(([variable, { points }]) => ({
      title: `${title} over ${NAMES[variable]}`,
      unit,
      variable: NAMES[variable],
      lines: [
        { kind: 'measured', points: points.map((point) => [point[variable], of(point)]) },
        ...(floorOf ? [{ kind: 'floor', points: points.map((point) => [point[variable], floorOf(point)]) }] : []),
      ],
    }));
  const rows = [
    panels(
      'Time',
      's',
      (point) => point.seconds,
      (point) => point.floorSeconds,
    ),
    panels('Peak memory', 'MB', (point) => point.peakMemory / 1e6),
  ];
  writeFileSync(figure, scaleFigure(rows, 'Time and peak memory of K over images, features and channels'));
  console.log(`\n${figure}`);
}
