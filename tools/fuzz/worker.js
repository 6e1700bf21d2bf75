/** Feeds one parser its inputs, one after another, and tells of those that it does not take or refuse as it should. */
const { parentPort, workerData } = require('node:worker_threads');
const { FathomError } = require('@fathom/errors');
const { drawsOf } = require('./mutate.js');

const SLOW_MS = 1_000;
const MOST_GROWTH = 256 * 2 ** 20;
const LOOK_EVERY = 2_000;

async function main() {
  const { name, from, to, progress } = workerData;
  const { parsers } = require(workerData.parsers);
  const parser = (await parsers()).find((candidate) => candidate.name === name);
  const at = new Int32Array(progress);
  const memory = () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  let before;
  for (let index = from; index < to; index++) {
    Atomics.store(at, 0, index);
    const input = parser.input(drawsOf(name, index));
    const { problem, ms } = await timed(parser, input);
    if (problem || ms > mostMs(parser)) parentPort.postMessage({ index, problem: problem ?? `took ${Math.round(ms)} ms`, input });
    if (index - from === LOOK_EVERY) before = memory();
    else if (before !== undefined && (index - from) % LOOK_EVERY === 0 && memory() - before > MOST_GROWTH) {
      parentPort.postMessage({ index, problem: `memory has grown by more than ${MOST_GROWTH} bytes`, input });
      before = memory();
    }
  }
}

/** How long a parser may take for an input. */
const mostMs = (parser) => parser.mostMs ?? SLOW_MS;

/** The outcome of an input, and its time; of what is slow the least of three times, as the machine may have been busy. */
async function timed(parser, input) {
  let [problem, least] = [undefined, Infinity];
  for (let times = 0; times < 3 && least > mostMs(parser); times++) {
    const started = process.hrtime.bigint();
    problem = await outcome(parser, input);
    least = Math.min(least, Number(process.hrtime.bigint() - started) / 1e6);
  }
  return { problem, ms: least };
}

/** What is wrong with how a parser takes an input; undefined where it reads it or refuses it properly. */
async function outcome(parser, input) {
  try {
    await parser.parse(input);
    return undefined;
  } catch (error) {
    if (error instanceof FathomError && error.reason !== 'INTERNAL') return undefined;
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

main().then(
  () => parentPort.postMessage({ done: true }),
  (error) => parentPort.postMessage({ failed: String(error?.stack ?? error) }),
);
