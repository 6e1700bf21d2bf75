import type { EngineFacts, IntegerEngine } from './integer-engine.js';

/** Work that any thread can do: a function that a module exports under `name`, of data that can be sent or is shared. */
export interface Task<Input, Output> {
  /** Path of the module that exports it: `__filename`. */
  readonly module: string;
  readonly name: string;
  /** What it returns may depend on the input alone, and what it writes to shared arrays likewise. A thread runs one task at a time. */
  run(input: Input, engine: IntegerEngine): Promise<Output>;
}

/** Hands that work at the same time on shared arrays, each with an engine of its own. Results do not depend on how many there are. */
export interface Crew {
  /** How many pieces of work are done at a time, at least 1. */
  readonly hands: number;
  readonly engine: EngineFacts;
  /** Has a task done by the next free hand. Arrays over a SharedArrayBuffer are shared, all others copied. */
  run<Input, Output>(task: Task<Input, Output>, input: Input): Promise<Output>;
}

/** A crew of one, in this thread: one task after another. */
export function inlineCrew(engine: IntegerEngine): Crew {
  const { name, version, way } = engine;
  let last: Promise<unknown> = Promise.resolve();
  return {
    hands: 1,
    engine: { name, version, way },
    run: async <Input, Output>(task: Task<Input, Output>, input: Input): Promise<Output> => {
      const turn = last.then(async () => task.run(input, engine));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/**
 * What all of them come to. Where some fail, the error of the first in order, but only once all have ended: what is thrown leaves nobody
 * behind who still writes to shared memory.
 */
export async function allEnded<T>(running: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(running);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return Promise.all(running);
}

/** Float64 values, all 0, that threads share. */
export function sharedFloat64(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}

/** Bytes, all 0, that threads share. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}
