import type { Json } from '@fathom/tensors';
import { FathomError } from '@fathom/errors';
import {
  digestOfName,
  hasEnded,
  NO_PROGRESS,
  operationName,
  OperationRecords,
  type OperationFailure,
  type OperationProgress,
  type OperationRecord,
  type OperationState,
} from './operation-record.js';

/** What an operation's work gets to report with and to be stopped by. */
export interface Execution {
  /** Aborted when somebody cancels the operation or the runner closes. */
  readonly signal: AbortSignal;
  /** Replaces the progress that clients see. */
  report(progress: Partial<OperationProgress>): void;
}

/** A request that is ready to run. */
export interface Startable {
  /** SHA-256 of the canonical request; equal requests share one operation. */
  readonly digest: string;
  readonly job: string;
  readonly request: Json;
  /** Does the work and returns the content digest of its result. */
  run(execution: Execution): Promise<string>;
}

/** Called once for every operation that ends, for the log. */
export type OnEnd = (record: OperationRecord, thrown: unknown) => void;

interface Live {
  record: OperationRecord;
  readonly abort: AbortController;
  readonly listeners: Set<(record: OperationRecord) => void>;
  ended: Promise<void>;
}

/**
 * Runs operations of one process and keeps their records in the store.
 * The same request is one operation: while it runs, asking again joins it; once it has succeeded, asking again returns its
 * result; after a failure, a cancellation or a crash, asking again resumes it.
 */
export class OperationRunner {
  private readonly live = new Map<string, Live>();
  private readonly starting = new Map<string, Promise<OperationRecord>>();
  private closed = false;

  constructor(
    private readonly records: OperationRecords,
    private readonly options: { maxRunning: number; onEnd?: OnEnd },
  ) {}

  /** Starts, joins or resumes an operation. RESOURCE_EXHAUSTED where too many run already. */
  async start(startable: Startable): Promise<OperationRecord> {
    const live = this.live.get(startable.digest);
    if (live) return live.record;
    const starting = this.starting.get(startable.digest);
    if (starting) return starting;
    const begun = this.begin(startable).finally(() => this.starting.delete(startable.digest));
    this.starting.set(startable.digest, begun);
    return begun;
  }

  /** The operation as it is now. NOT_FOUND where there is none of that name. */
  async get(name: string): Promise<OperationRecord> {
    const digest = digestOfName(name);
    const record = this.live.get(digest)?.record ?? asSeen(await this.records.read(digest));
    if (!record) throw new FathomError('NOT_FOUND', `no operation is named "${name}"`, { metadata: { name } });
    return record;
  }

  /** The operation once it has ended, or as it is after `timeoutMs` or when `signal` aborts. */
  async wait(name: string, timeoutMs: number, signal?: AbortSignal): Promise<OperationRecord> {
    const deadline = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
    let last = await this.get(name);
    for await (const record of this.watch(name, last.sequence, deadline)) last = record;
    return last;
  }

  /** Every change from now on until the operation has ended, beginning with the present state unless it is `afterSequence`. */
  async *watch(name: string, afterSequence: number, signal?: AbortSignal): AsyncIterable<OperationRecord> {
    let seen = afterSequence;
    for (;;) {
      const record = await this.get(name);
      if (record.sequence !== seen) yield record;
      seen = record.sequence;
      const live = this.live.get(record.digest);
      if (hasEnded(record.state) || !live || signal?.aborted) return;
      await nextChange(live, seen, signal);
      if (signal?.aborted) return;
    }
  }

  /** Asks a running operation to stop. */
  async cancel(name: string): Promise<OperationRecord> {
    this.live.get(digestOfName(name))?.abort.abort();
    return this.get(name);
  }

  /** A page of operations in the order of their digests, and the token of the next page. */
  async list(pageSize: number, after: string): Promise<{ records: OperationRecord[]; next: string }> {
    const records: OperationRecord[] = [];
    for await (const digest of this.records.digestsAfter(after)) {
      if (records.length === pageSize) return { records, next: records.at(-1)?.digest ?? '' };
      records.push(await this.get(operationName(digest)));
    }
    return { records, next: '' };
  }

  /** Stops everything that runs and waits until it has stopped. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.starting.values());
    for (const { abort } of this.live.values()) abort.abort();
    await Promise.all([...this.live.values()].map(({ ended }) => ended));
  }

  private async begin(startable: Startable): Promise<OperationRecord> {
    const known = await this.records.read(startable.digest);
    if (known?.state === 'SUCCEEDED') return known;
    if (this.closed) throw new FathomError('UNAVAILABLE', 'the service is shutting down');
    if (this.live.size >= this.options.maxRunning)
      throw new FathomError('RESOURCE_EXHAUSTED', `${this.live.size} operations are running, which is the limit; try again later`);
    const { digest, job, request } = startable;
    const sequence = (known?.sequence ?? 0) + 1;
    const record: OperationRecord = { digest, job, request, state: 'RUNNING', progress: NO_PROGRESS, failure: null, result: null, sequence };
    const live: Live = { record, abort: new AbortController(), listeners: new Set(), ended: Promise.resolve() };
    this.live.set(digest, live);
    try {
      await this.records.write(record);
    } catch (error) {
      this.live.delete(digest);
      throw error;
    }
    live.ended = this.execute(startable, live);
    return live.record;
  }

  private async execute(startable: Startable, live: Live): Promise<void> {
    const execution: Execution = {
      signal: live.abort.signal,
      report: (progress) => this.change(live, { progress: { ...live.record.progress, ...progress } }),
    };
    let thrown: unknown;
    let end: Partial<OperationRecord>;
    try {
      const result = await startable.run(execution);
      end = { state: 'SUCCEEDED', result };
    } catch (error) {
      thrown = error;
      end = failureOf(error, live.abort.signal.aborted);
    }
    const record = { ...live.record, ...end, sequence: live.record.sequence + 1 };
    try {
      await this.records.write(record);
    } catch (error) {
      thrown ??= error;
    }
    live.record = record;
    this.live.delete(record.digest);
    for (const listener of live.listeners) listener(record);
    this.options.onEnd?.(record, thrown);
  }

  private change(live: Live, change: Partial<OperationRecord>): void {
    live.record = { ...live.record, ...change, sequence: live.record.sequence + 1 };
    for (const listener of live.listeners) listener(live.record);
  }
}

function failureOf(error: unknown, aborted: boolean): Partial<OperationRecord> {
  const { reason, message, metadata } = FathomError.from(error);
  const failure: OperationFailure = { reason, message, metadata };
  const state: OperationState = aborted || reason === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
  return state === 'CANCELLED' ? { state } : { state, failure };
}

/** A record that says RUNNING but belongs to no live operation was left behind by a process that ended. */
function asSeen(record: OperationRecord | undefined): OperationRecord | undefined {
  return record?.state === 'RUNNING' ? { ...record, state: 'INTERRUPTED' } : record;
}

function nextChange(live: Live, seen: number, signal: AbortSignal | undefined): Promise<void> {
  if (live.record.sequence !== seen) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      live.listeners.delete(done);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    live.listeners.add(done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
