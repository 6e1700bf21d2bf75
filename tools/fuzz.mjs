/**
 * Feeds every parser of what comes from outside with changed inputs: npm run fuzz [-- --inputs 20000] [--only safetensors] [--first 0].
 * A finding is anything thrown that is no FathomError, more than a second for one input, or memory that keeps growing; its input is kept
 * in .cache/fuzz. Input number i of a parser is the same everywhere and always; --first goes on where an earlier run ended.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MOST_SHOWN = 5;

setFlagsFromString('--expose-gc');
const { drawsOf } = require('./fuzz/mutate.js');

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    only: { type: 'string' },
    first: { type: 'string', default: '0' },
    /** A parser that stays at one input for so long does not end. */
    'stuck-ms': { type: 'string', default: '20000' },
    /** The parsers to try. */
    parsers: { type: 'string', default: join(root, 'tools/fuzz/parsers.js') },
    /** Where inputs are kept that were not taken as they should. */
    out: { type: 'string', default: join(root, '.cache/fuzz') },
  },
});
const [inputs, first, stuckMs] = [values.inputs, values.first, values['stuck-ms']].map(Number);
const { parsers } = require(resolve(values.parsers));
if (!Number.isInteger(inputs) || inputs < 1 || !Number.isInteger(first) || first < 0) throw new Error('--inputs and --first are whole numbers');

/** Runs inputs `from` to `to` of a parser; what is found goes to `onFinding`. */
function run(name, from, to, onFinding) {
  const progress = new SharedArrayBuffer(4);
  const at = new Int32Array(progress).fill(-1); // until the parser is ready
  const worker = new Worker(join(root, 'tools/fuzz/worker.js'), {
    workerData: { parsers: resolve(values.parsers), name, from, to, progress },
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  let [seen, since] = [-1, performance.now()];
  return new Promise((done, fail) => {
    const end = (lost) => {
      clearInterval(watch);
      done(lost);
    };
    const watch = setInterval(() => {
      const now = Atomics.load(at, 0);
      if (now !== seen) [seen, since] = [now, performance.now()];
      else if (now >= 0 && performance.now() - since > stuckMs) {
        clearInterval(watch);
        void worker.terminate().then(() => end({ index: now, problem: `does not end within ${stuckMs} ms` }));
      }
    }, 500);
    worker.on('message', (message) => {
      if (message.failed) fail(new Error(message.failed));
      else if (message.done) end(undefined);
      else onFinding(message);
    });
    worker.on('error', (error) => (at[0] < 0 ? fail(error) : end({ index: at[0], problem: String(error.stack ?? error) })));
  });
}

const all = await parsers();
const wanted = values.only === undefined ? all : all.filter(({ name }) => name === values.only);
const shares = wanted.reduce((sum, { share }) => sum + share, 0);
if (shares === 0) throw new Error(`--only names no parser; there are ${all.map(({ name }) => name).join(', ')}`);
let findings = 0;
let total = 0;
for (const { name, share, input } of wanted) {
  const count = Math.ceil((inputs * share) / shares);
  const started = performance.now();
  let found = 0;
  const onFinding = ({ index, problem, input: bytes }) => {
    if ((found += 1) > MOST_SHOWN) return;
    mkdirSync(values.out, { recursive: true });
    const path = join(values.out, `${name.replaceAll(' ', '-')}-${index}`);
    writeFileSync(path, bytes);
    console.error(`${name}, input ${index} (${path}): ${problem}\n`);
  };
  for (let from = first; from < first + count;) {
    const lost = await run(name, from, first + count, onFinding);
    if (!lost) break;
    onFinding({ ...lost, input: input(drawsOf(name, lost.index)) });
    from = lost.index + 1;
  }
  findings += found;
  total += count;
  console.log(
    `${name.padEnd(16)} ${String(count).padStart(8)} inputs ${String(found).padStart(4)} findings ${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s`,
  );
}
console.log(`${total} inputs, ${findings} findings`);
process.exit(findings === 0 ? 0 : 1);
