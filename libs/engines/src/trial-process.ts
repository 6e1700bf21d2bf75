import { readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FathomError } from '@fathom/errors';
import { describeNetwork } from './network-description.js';
import { openNetwork } from './open-network.js';
import { MOST_ANSWER_BYTES, writeAnswer } from './trial-answer.js';
import { heldMemory, tooMuchMemory, type TrialOrder } from './network-trial.js';

const ANSWER = 3;

/** The body of a trial's process: it reads its order and the network from standard input, runs the network once, and answers. */
async function main(): Promise<void> {
  const order = JSON.parse(new TextDecoder().decode(read(read(4).readUInt32LE()))) as TrialOrder;
  new Worker(join(__dirname, 'trial-guard.js'), { workerData: { parent: order.parent } }).unref();
  if (process.platform === 'linux') preferredByOutOfMemory();
  const answer = await tried(read(order.bytes), order).then(
    () => writeAnswer(),
    (error: unknown) => writeAnswer(FathomError.from(error)),
  );
  writeSync(ANSWER, answer.slice(0, MOST_ANSWER_BYTES));
  process.exit(0);
}

async function tried(bytes: Uint8Array, { taps, batch, limits, memoryBytes }: TrialOrder): Promise<void> {
  const description = describeNetwork(bytes, { ...limits, ...(taps.length > 0 && { taps }) });
  const network = await openNetwork(bytes, description.taps, { batch, threads: 1 });
  const { channels, height, width } = network.input;
  await network.run(new Float32Array(channels * height * width), 1);
  // What was held for a moment may not have been seen from outside.
  if (heldMemory(process.pid) > memoryBytes) throw tooMuchMemory(memoryBytes);
}

/** Where the machine's memory ends first, let this process be the one that is ended. */
function preferredByOutOfMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // A container may not let it; the limit of memory holds all the same.
  }
}

/** So many bytes of standard input. Where there are fewer, nobody waits for an answer any more. */
function read(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length;) {
    const count = readSync(0, bytes, at, Math.min(length - at, 2 ** 30), null);
    if (count === 0) process.exit(1);
    at += count;
  }
  return bytes;
}

void main();
