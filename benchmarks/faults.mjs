/**
 * Faults in the midst of a study, with real processes of all services and a real MinIO. After each: the study ends, with the undisturbed
 * study's digest; no finished part was computed twice; nothing is half-written; and the log says in one line what happened.
 *
 *     npm run faults                       # everything
 *     npm run faults -- --short            # a few of each, in two to three minutes
 *     npm run faults -- kills network      # some scenarios
 *
 * What was found goes into benchmarks/results/faults.json, each scenario in place of what it found before, and from there into
 * docs/reliability.md; not with --short.
 *
 * Options: --seed of every random choice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { keepResults, writeFaultsSection } from './faults/results.mjs';
import { undisturbedStudy } from './faults/undisturbed.mjs';

const SCENARIOS = ['kills', 'store-away', 'store-answers', 'disk-full', 'clock', 'network', 'race'];
const SHORT = ['kills', 'bad-day', 'disk-full', 'network', 'race'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});

function chosen() {
  const all = values.short ? SHORT : SCENARIOS;
  const wrong = positionals.find((name) => !all.includes(name));
  if (wrong !== undefined) throw new Error(`there is no scenario ${wrong}: ${all.join(', ')}`);
  if (!/^\d{1,9}$/.test(values.seed)) throw new Error('--seed is a whole number from 0 to 999999999');
  return positionals.length > 0 ? positionals : all;
}

function show({ what, seconds = 0, parts, inFlight, asked, said, told = [], moments = [], broken }) {
  console.log(`${broken.length === 0 ? 'ok    ' : 'BROKEN'} ${what}; ${seconds.toFixed(0)} s`);
  for (const moment of moments) console.log(`         ${moment}`);
  if (parts !== undefined) console.log(`       ${parts} parts, none twice but ${inFlight} that were in flight; asked for ${asked} times`);
  for (const text of told.slice(0, 3)) console.log(`       the client was told: ${text}`);
  if (said !== undefined) console.log(`       log: ${said}`);
  for (const text of broken) console.log(`       BROKEN: ${text}`);
}

async function main() {
  const names = chosen();
  const begun = performance.now();
  const [seed, isShort] = [Number(values.seed), values.short];
  const folder = mkdtempSync(join(tmpdir(), 'fathom-faults-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  console.log(`seed ${seed}`);
  const undisturbed = await undisturbedStudy(folder);
  console.log(`undisturbed: ${undisturbed.digest}, ${undisturbed.parts.size} parts, ${undisturbed.seconds.toFixed(1)} s`);
  const found = [];
  for (const name of names) {
    console.log(`\n${name}`);
    const { run } = await import(`./faults/${name}.mjs`);
    const before = performance.now();
    const own = [];
    try {
      for await (const each of run({ folder, seed, isShort, undisturbed })) {
        own.push(each);
        show(each);
      }
    } catch (error) {
      const failed = { what: name, broken: [error.message] };
      own.push(failed);
      show(failed);
    }
    found.push(...own);
    if (!isShort) keepResults(name, { seed, seconds: (performance.now() - before) / 1_000, undisturbed, found: own });
  }
  if (!isShort) writeFaultsSection(SCENARIOS);
  const broken = found.filter((each) => each.broken.length > 0).length;
  const seconds = (performance.now() - begun) / 1_000;
  console.log(`\n${found.length} runs in ${seconds.toFixed(0)} s: ${broken === 0 ? 'everything held' : `in ${broken} something did not hold`}`);
  if (broken > 0) process.exitCode = 1;
}

await main().catch((error) => {
  console.error(`faults: ${error.stack}`);
  process.exitCode = 1;
});
