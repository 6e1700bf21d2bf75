/**
 * Fathom beside its peers, row by row: seconds, ratio, operations, bytes, share of the machine's measured peak, peak memory.
 *
 * Usage: npm run bench:peers [-- [--row NAME ...] [--quick] [--without-peers] [--out FILE]]
 * A full run keeps its figures in benchmarks/results/peers.json, from which docs/performance.md is made.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ours } from './child.mjs';
import { speed } from './in-turn.mjs';
import { ROWS } from './peers/rows.mjs';

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    'without-peers': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const options = { quick: values.quick, peers: !values['without-peers'] };
const names = values.row ?? Object.keys(ROWS);
for (const name of names)
  if (!(name in ROWS)) {
    console.error(`There is no row "${name}"; there are ${Object.keys(ROWS).join(', ')}.`);
    process.exit(2);
  }

const out = values.out ?? (options.quick ? undefined : join(import.meta.dirname, 'results/peers.json'));
const machine = { processor: cpus()[0]?.model.trim() ?? 'unknown', processors: availableParallelism(), node: process.version };
const giga = (value) => (value / 1e9).toFixed(value < 1e10 ? 2 : 0);
const percent = (share) => `${(100 * share).toFixed(0)} %`;
const show = (name, { seconds, peakMemory, ...rest }, operations) =>
  console.log(
    `  ${name.padEnd(24)} ${seconds.toFixed(3).padStart(10)} s  ${giga(operations / seconds).padStart(7)} Gop/s  ${giga(peakMemory)} GB` +
      (rest.peak ? `  ${percent((rest.operations ?? operations) / seconds / rest.peak)} of its dgemm peak, ${giga(rest.peak)} Gop/s` : '') +
      (rest.blas
        ? `  (${[...new Set(rest.blas.map(({ version, kernel, threads }) => `OpenBLAS ${version} ${kernel}, ${threads} threads`))].join('; ')})`
        : ''),
  );

console.log(`${machine.processor}, ${machine.processors} processors, Node ${machine.node}`);
for (const name of names) {
  const { title, wanted, run } = ROWS[name];
  const peak = await ours('integer-peak.mjs');
  const row = await run(options, peak.rate);
  console.log(`\n${name}: ${title}, ${row.size} (to reach: ${wanted})`);
  console.log(
    `  ${giga(row.operations)} G operations, ${giga(row.bytes)} GB; integer products reach ${giga(peak.rate)} Gop/s here (${peak.engine.way})`,
  );
  show('Fathom', row.ours, row.operations);
  if (row.integerOperations)
    console.log(
      `  ${''.padEnd(24)} ${giga(row.integerOperations)} G integer operations, ${percent(row.integerOperations / row.ours.seconds / peak.rate)} of the peak of integer products`,
    );
  for (const { channels, seconds, stages } of row.ours.stages ?? [])
    console.log(
      `  ${`a layer of ${channels}`.padStart(24)} ${seconds.toFixed(3).padStart(10)} s: ` +
        stages
          .map(
            (each) => `${each.stage} ${each.seconds.toFixed(3)} s${each.integerOperations > 0 ? ` (${percent(each.shareOfPeak)} of the peak)` : ''}`,
          )
          .join(', '),
    );
  for (const each of row.peers) {
    show(each.name, each, each.operations ?? row.operations);
    console.log(`  ${''.padEnd(24)} Fathom is ${speed(row.ours, each)}${each.isVoid ? ' — VOID: the peer stays below 85 % of its peak' : ''}`);
    if (each.differenceInR2) {
      const { largest, mean, otherAlpha } = each.differenceInR2;
      const others = otherAlpha > 0 ? `; ${otherAlpha} layers where another α was chosen are left out` : '';
      console.log(`  ${''.padEnd(24)} R² differs by ${largest.toExponential(1)} at most, ${mean.toExponential(1)} on average${others}`);
    }
    for (const [stage, { seconds, operations }] of Object.entries(each.stages ?? {}))
      console.log(
        `  ${stage.padStart(24)} ${seconds.toFixed(3).padStart(10)} s${operations > 0 ? `, ${percent(operations / seconds / each.peak)} of its dgemm peak` : ''}`,
      );
    for (const line of each.notes ?? []) console.log(`  ${''.padEnd(24)} ${line}`);
  }
  if (out) keep(name, { title, wanted, integerPeak: peak, ...row });
}

/** Adds a row to the results, or replaces it. */
function keep(name, row) {
  const known = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : { rows: {} };
  mkdirSync(dirname(out), { recursive: true });
  const text = JSON.stringify({ machine, rows: { ...known.rows, [name]: row } }, undefined, 2);
  writeFileSync(out, `${text.replaceAll(`${resolve(import.meta.dirname, '..')}/`, '')}\n`); // wherever the repository is
}
