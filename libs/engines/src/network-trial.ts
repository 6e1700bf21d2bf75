import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FathomError, unwatched, type Control } from '@fathom/errors';
import type { ModelOptions } from './model-budget.js';
import { MOST_ANSWER_BYTES, readAnswer } from './trial-answer.js';
import { unsupportedModel } from './unsupported-model.js';

/** How a network is tried. */
export interface TrialOptions {
  /** The tensors that are to be read; none for those that are found. */
  readonly taps: readonly string[];
  /** Images of the pass. */
  readonly batch: number;
  readonly limits: ModelOptions;
  /** Seconds of the whole trial. */
  readonly seconds: number;
  /** Bytes of memory that the process may hold; observed on Linux. */
  readonly memoryBytes: number;
  /** Watched while the trial runs. @default nobody stops it */
  readonly control?: Control;
  /** The process's script. @default the one that runs the network */
  readonly script?: string;
}

/** What the process is told before the bytes of the network. */
export interface TrialOrder extends Pick<TrialOptions, 'taps' | 'batch' | 'limits' | 'memoryBytes'> {
  readonly bytes: number;
  /** The process that waits for the answer. */
  readonly parent: number;
}

const LOOK_MS = 20;
const ANSWER = 3;

/**
 * Reads a network, makes it ready and runs one pass, in a process of its own: what it does to native code ends that process and no other.
 *
 * @throws InputError, or FathomError UNSUPPORTED_MODEL, where it cannot be read or run, or ends its process, or takes too much memory or time
 * @throws FathomError CANCELLED where it was stopped; RESOURCE_EXHAUSTED where there is no room for a process
 */
export async function tryNetwork(network: Uint8Array, options: TrialOptions): Promise<void> {
  const heap = Math.ceil(options.memoryBytes / 2 ** 20);
  const child = spawn(process.execPath, [`--max-old-space-size=${heap}`, options.script ?? join(__dirname, 'trial-process.js')], {
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, which ends as one
    env: libraryPath(),
  });
  const ended = endOf(child);
  const text = answerOf(child).catch(() => '');
  const watch = watchOver(child, options);
  try {
    send(child, network, options);
    const how = await Promise.race([ended, watch.stopped]);
    if (typeof how === 'object') throw how;
    const answer = readAnswer(await text);
    if (answer === undefined) throw failed(how, 'a network that runs to its end');
    if (!answer.passed) throw answer.error;
  } finally {
    watch.end();
    endGroup(child);
  }
}

/** How a process ended, in words, once all that it has said is there; it fails where it has not begun. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      const message = `no process could be started to try the network in: ${cause.message}`;
      reject(new FathomError('RESOURCE_EXHAUSTED', message, { cause }));
    });
    child.once('close', (code, signal) => resolve(signal === null ? `ended with exit code ${code} and no answer` : `was ended by ${signal}`));
  });
}

/** What the process says, up to the most that an answer can be; more is none. */
async function answerOf(child: ChildProcess): Promise<string> {
  const pieces: Buffer[] = [];
  let room = MOST_ANSWER_BYTES;
  const pipe = child.stdio[ANSWER] as Readable;
  for await (const piece of pipe as AsyncIterable<Buffer>) {
    if (piece.length > room) {
      endGroup(child);
      return '';
    }
    room -= piece.length;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Looks after a process's time, its memory and whether it is still wanted; what it finds wrong is the value of `stopped`. */
function watchOver(child: ChildProcess, options: TrialOptions): { stopped: Promise<Error>; end: () => void } {
  const { seconds, memoryBytes, control = unwatched } = options;
  let timers: NodeJS.Timeout[] = [];
  const stopped = new Promise<Error>((stop) => {
    const late = (): void => stop(failed(`did not end within ${seconds} s`, `a network that is read and run within limits.modelSeconds`));
    const look = (): void => {
      try {
        control.throwIfCancelled();
      } catch (error) {
        return stop(error as Error);
      }
      if (heldMemory(child.pid) > memoryBytes) stop(tooMuchMemory(memoryBytes));
    };
    timers = [setTimeout(late, 1000 * seconds), setInterval(look, LOOK_MS)];
  });
  return { stopped, end: () => timers.forEach((timer) => clearTimeout(timer)) };
}

/** Most bytes of memory that a process has held since its program began; 0 where nobody tells. (What getrusage tells counts its parent's.) */
export function heldMemory(pid: number | undefined): number {
  try {
    return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function send(child: ChildProcess, network: Uint8Array, { taps, batch, limits, memoryBytes }: TrialOptions): void {
  const order = Buffer.from(JSON.stringify({ bytes: network.length, parent: process.pid, taps, batch, limits, memoryBytes } satisfies TrialOrder));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(order.length);
  const input = child.stdin as ChildProcess['stdin'] | undefined;
  if (!input) return; // there is no process, as its error says
  input.on('error', () => undefined); // the process ended before it had read all; its end says why
  input.write(length);
  input.write(order);
  input.end(network);
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/** The error for a trial that took more memory than it may. */
export function tooMuchMemory(most: number): FathomError {
  return failed(`took more than ${most} bytes of memory`, 'a network that is read and run within limits.modelMemoryBytes');
}

function failed(how: string, accepted: string): FathomError {
  return unsupportedModel(`the process that it was tried in ${how}`, accepted);
}

/** Where the processor's or a GPU's libraries are; nothing else of this process's environment, which may hold secrets. */
function libraryPath(): NodeJS.ProcessEnv {
  const path = process.env['LD_LIBRARY_PATH'];
  return path === undefined ? {} : { LD_LIBRARY_PATH: path };
}
