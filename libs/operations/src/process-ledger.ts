import { subscribe } from 'node:diagnostics_channel';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { ENGINE_CHANNEL, ENGINE_WORK, type EngineTime, type EngineWork } from '@fathom/engines';
import { measuredStore, STORE_CALLS, STORE_OUTCOMES, type ObjectStore, type StoreCall } from '@fathom/store';

/** Upper bounds, in seconds, that the times of a store's calls are sorted by. */
export const STORE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** What all threads of a process have asked of stores and engines since it began. */
export interface LedgerReading {
  readonly storeBytes: { readonly read: number; readonly written: number };
  /** How many calls ended so. */
  readonly storeCalls: readonly { readonly call: StoreCall['call']; readonly outcome: StoreCall['outcome']; readonly count: number }[];
  /** Of each call: the sum of its times, and how many took at most each of {@link STORE_SECONDS}, and longer than all. */
  readonly storeTimes: readonly { readonly call: StoreCall['call']; readonly seconds: number; readonly counts: readonly number[] }[];
  readonly engineSeconds: Readonly<Record<EngineWork, number>>;
}

const TIMES = STORE_SECONDS.length + 1;
const BYTES_AT = 0;
const OUTCOMES_AT = 2;
const NANOSECONDS_AT = OUTCOMES_AT + STORE_CALLS.length * STORE_OUTCOMES.length;
const TIMES_AT = NANOSECONDS_AT + STORE_CALLS.length;
const ENGINE_AT = TIMES_AT + STORE_CALLS.length * TIMES;
const CELLS = ENGINE_AT + ENGINE_WORK.length;

/** One for the process: every thread is born with a view of its parent's. */
const cells = new BigInt64Array(sharedCells());

function sharedCells(): SharedArrayBuffer {
  const key = 'fathom:ledger';
  const known = getEnvironmentData(key) as SharedArrayBuffer | undefined;
  if (known) return known;
  const made = new SharedArrayBuffer(8 * CELLS);
  setEnvironmentData(key, made);
  return made;
}

function add(cell: number, amount: number): void {
  Atomics.add(cells, cell, BigInt(Math.round(amount)));
}

function at(cell: number): number {
  return Number(Atomics.load(cells, cell));
}

/** The store; what is asked of it is counted for the process. */
export function countedStore(store: ObjectStore): ObjectStore {
  return measuredStore(store, ({ call, outcome, seconds, readBytes, writtenBytes }) => {
    const row = STORE_CALLS.indexOf(call);
    const place = STORE_SECONDS.findIndex((bound) => seconds <= bound);
    add(BYTES_AT, readBytes);
    add(BYTES_AT + 1, writtenBytes);
    add(OUTCOMES_AT + row * STORE_OUTCOMES.length + STORE_OUTCOMES.indexOf(outcome), 1);
    add(NANOSECONDS_AT + row, seconds * 1e9);
    add(TIMES_AT + row * TIMES + (place < 0 ? TIMES - 1 : place), 1);
  });
}

/** Counts for the process what this thread's engines do from now on. */
export function countEngineTime(): void {
  subscribe(ENGINE_CHANNEL, (told) => {
    const { work, seconds } = told as EngineTime;
    add(ENGINE_AT + ENGINE_WORK.indexOf(work), seconds * 1e9);
  });
}

/** What has been counted so far. */
export function readLedger(): LedgerReading {
  return {
    storeBytes: { read: at(BYTES_AT), written: at(BYTES_AT + 1) },
    storeCalls: STORE_CALLS.flatMap((call, row) =>
      STORE_OUTCOMES.map((outcome, column) => ({ call, outcome, count: at(OUTCOMES_AT + row * STORE_OUTCOMES.length + column) })),
    ),
    storeTimes: STORE_CALLS.map((call, row) => ({
      call,
      seconds: at(NANOSECONDS_AT + row) / 1e9,
      counts: Array.from({ length: TIMES }, (_, place) => at(TIMES_AT + row * TIMES + place)),
    })),
    engineSeconds: { pass: at(ENGINE_AT) / 1e9, product: at(ENGINE_AT + 1) / 1e9 },
  };
}
