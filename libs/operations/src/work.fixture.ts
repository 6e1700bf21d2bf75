import { FathomError } from '@fathom/errors';
import { memoryStore, type ObjectStore } from '@fathom/store';
import { OperationRecords, operationName, type OperationRecord } from './operation-record.js';
import { OperationRunner } from './operation-runner.js';
import type { AdmissionLimits } from './admission.js';
import { Places } from './places.js';
import type { Ending, RunnerOptions } from './runner-options.js';
import type { Execution, Startable } from './startable.js';

/** Work that a test ends by hand, and counts. */
export class Work {
  runs = 0;
  execution: Execution | undefined;
  finish: (result: string) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  kept = true;
  readonly begun: Promise<void>;
  readonly job: string;
  readonly coordinates: boolean;
  readonly tenant: string;
  private onBegin: () => void = () => undefined;

  constructor(
    readonly digest = 'a'.repeat(64),
    { job = 'test.job', coordinates = false, tenant = '' } = {},
  ) {
    this.job = job;
    this.coordinates = coordinates;
    this.tenant = tenant;
    this.begun = new Promise((resolve) => (this.onBegin = resolve));
  }

  get name(): string {
    return operationName(this.digest);
  }

  get startable(): Startable {
    const { digest, job, coordinates, tenant } = this;
    const run = (execution: Execution): Promise<string> => {
      this.runs += 1;
      this.execution = execution;
      this.onBegin();
      return new Promise((resolve, reject) => {
        this.finish = resolve;
        this.fail = reject;
        execution.signal.addEventListener('abort', () => reject(new FathomError('CANCELLED', 'stopped')), { once: true });
      });
    };
    return { digest, job, request: { of: digest }, tenant, coordinates, run, isKept: () => Promise.resolve(this.kept) };
  }
}

/** A runner on a store, and what it told. */
export function runnerOn(store: ObjectStore, options: Partial<RunnerOptions & AdmissionLimits> = {}) {
  const endings: Ending[] = [];
  const lost: string[] = [];
  const taken: OperationRecord[] = [];
  const runner = new OperationRunner(new OperationRecords(store), {
    places: new Places({ maxRunning: 4, ...options }, options.clock),
    onEnd: (ending) => endings.push(ending),
    onLost: (_record, why) => lost.push(why),
    onTakeOver: (record) => taken.push(record),
    ...options,
  });
  return { runner, endings, lost, taken };
}

/** Everything that a watcher sees. */
export async function all(records: AsyncIterable<OperationRecord>): Promise<OperationRecord[]> {
  const seen: OperationRecord[] = [];
  for await (const record of records) seen.push(record);
  return seen;
}

/** A store as one process sees it: it may be cut off from it, or die. */
export function seenBy(store: ObjectStore) {
  let trouble: 'none' | 'away' | 'dead' = 'none';
  const through = async (): Promise<void> => {
    if (trouble === 'away') throw new FathomError('STORE_UNAVAILABLE', 'the store does not answer');
    if (trouble === 'dead') await new Promise(() => undefined);
  };
  const calls = { reads: 0, writes: 0 };
  const own: ObjectStore = {
    name: store.name,
    put: async (...given) => {
      calls.writes += 1;
      await through();
      return store.put(...given);
    },
    get: async (...given) => {
      await through();
      return store.get(...given);
    },
    head: async (...given) => {
      await through();
      return store.head(...given);
    },
    list: async function* (...given) {
      calls.reads += 1;
      await through();
      yield* store.list(...given);
    },
    delete: async (...given) => {
      await through();
      return store.delete(...given);
    },
  };
  return { store: own, calls, is: (what: typeof trouble) => void (trouble = what) };
}

/** Keys of a store. */
export async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** A store that two processes share, as each sees it. */
export function sharedStore() {
  const store = memoryStore();
  return { store, a: seenBy(store), b: seenBy(store) };
}
