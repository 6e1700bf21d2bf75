import { cancelled, deadline, FathomError } from '@fathom/errors';
import { LiveOperation, type Stop } from './live-operation.js';
import {
  afterInterruption,
  digestOfName,
  hasEnded,
  NO_PROGRESS,
  type OperationRecords,
  type OperationFailure,
  type OperationRecord,
} from './operation-record.js';
import type { Execution, Startable } from './startable.js';

/** What is told, once, of an operation that has ended. */
export interface Ending {
  readonly record: OperationRecord;
  /** What the work threw. */
  readonly thrown?: unknown;
  /** Why the record could not be written to the store: after a restart the operation will look interrupted. */
  readonly notKept?: unknown;
}

/** Options of an {@link OperationRunner}. */
export interface RunnerOptions {
  /** Operations that may run at once, and as many that coordinate others; more are refused with RESOURCE_EXHAUSTED. */
  readonly maxRunning: number;
  /** Which jobs are this process's own; operations of others, in the same store, are not shown. @default all */
  readonly owns?: (job: string) => boolean;
  /** Called once for every operation that ends, for the log. @default nothing */
  readonly onEnd?: (ending: Ending) => void;
}

/**
 * Runs operations of one process and keeps their records in the store.
 * The same request is one operation: while it runs, asking again joins it; once it has succeeded, asking again returns its
 * result; after a failure, a cancellation or a crash, asking again resumes it.
 */
export class OperationRunner {
  private readonly live = new Map<string, LiveOperation>();
  private readonly coordinating = new Set<string>();
  private readonly starting = new Map<string, Promise<OperationRecord>>();
  /** Ends that the store did not take; as many as ran while it failed. */
  private readonly notKept = new Map<string, OperationRecord>();
  private closed = false;

  constructor(
    private readonly records: OperationRecords,
    private readonly options: RunnerOptions,
  ) {}

  /** Starts, joins or resumes an operation; one that is being stopped is started again once it has ended. RESOURCE_EXHAUSTED where too many run already. */
  async start(startable: Startable): Promise<OperationRecord> {
    const { digest } = startable;
    let live = this.live.get(digest);
    for (; live?.stopped !== undefined; live = this.live.get(digest)) await live.ended;
    const starting = this.starting.get(digest); // before `live`: whether it runs is known once its record is written
    if (starting) return starting;
    if (live) return live.record;
    const begun = this.begin(startable).finally(() => this.starting.delete(digest));
    this.starting.set(digest, begun);
    return begun;
  }

  /** The operation as it is now. NOT_FOUND where there is none of that name. */
  async get(name: string): Promise<OperationRecord> {
    const record = await this.find(digestOfName(name));
    if (!record) throw new FathomError('NOT_FOUND', `no operation is named "${name}"`, { metadata: { name } });
    return record;
  }

  /** The operation once it has ended, or as it is after `timeoutMs` or when `signal` aborts. */
  async wait(name: string, timeoutMs: number, signal?: AbortSignal): Promise<OperationRecord> {
    const waiting = deadline(timeoutMs, signal);
    try {
      let last = await this.get(name);
      for await (const record of this.watch(name, last.sequence, waiting.signal)) last = record;
      return last;
    } finally {
      waiting.end();
    }
  }

  /** The present state and every change from now on whose sequence number is above `afterSequence`, until the operation has ended. */
  async *watch(name: string, afterSequence: number, signal?: AbortSignal): AsyncIterable<OperationRecord> {
    const live = this.live.get(digestOfName(name));
    let record = live?.record ?? (await this.get(name));
    let seen = afterSequence;
    for (;;) {
      if (record.sequence > seen) yield record;
      seen = Math.max(seen, record.sequence);
      if (!live || hasEnded(record.state)) return;
      await live.nextChange(record.sequence, signal);
      if (signal?.aborted) return;
      record = live.record;
    }
  }

  /** Asks a running operation to stop. */
  async cancel(name: string): Promise<OperationRecord> {
    this.live.get(digestOfName(name))?.stop('CANCELLED');
    return this.get(name);
  }

  /** A page of operations in the order of their digests, and the token of the next page. */
  async list(pageSize: number, after: string): Promise<{ records: OperationRecord[]; next: string }> {
    const records: OperationRecord[] = [];
    for await (const digest of this.records.digestsAfter(after)) {
      const record = await this.find(digest);
      if (!record) continue;
      if (records.length === pageSize) return { records, next: records.at(-1)?.digest ?? '' };
      records.push(record);
    }
    return { records, next: '' };
  }

  /** Stops everything that runs and waits until it has stopped; it will be INTERRUPTED, to be resumed by whoever asks again. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.starting.values());
    const running = [...this.live.values()];
    for (const live of running) live.stop('INTERRUPTED');
    await Promise.all(running.map(({ ended }) => ended));
  }

  private async find(digest: string): Promise<OperationRecord | undefined> {
    const record = this.live.get(digest)?.record ?? this.notKept.get(digest) ?? asSeen(await this.records.read(digest));
    return record && (this.options.owns?.(record.job) ?? true) ? record : undefined;
  }

  private async begin(startable: Startable): Promise<OperationRecord> {
    const { digest, job, request } = startable;
    const known = this.notKept.get(digest) ?? (await this.records.read(digest));
    if (known?.state === 'SUCCEEDED' && known.result !== null && (await startable.isKept(known.result))) return known;
    if (this.closed) throw new FathomError('UNAVAILABLE', 'the service is shutting down');
    this.requirePlace(startable.coordinates);
    const sequence = known?.state === 'RUNNING' ? afterInterruption(known.sequence) + 1 : (known?.sequence ?? 0) + 1;
    const record: OperationRecord = { digest, job, request, state: 'RUNNING', progress: NO_PROGRESS, failure: null, result: null, sequence };
    const live = new LiveOperation(record);
    this.live.set(digest, live);
    if (startable.coordinates) this.coordinating.add(digest);
    try {
      await this.records.write(record);
      this.notKept.delete(digest);
    } catch (error) {
      this.forget(digest);
      live.end(live.changed(failureOf(error, live.stopped)));
      throw error;
    }
    void this.execute(startable, live);
    return live.record;
  }

  private requirePlace(coordinates: boolean): void {
    const running = coordinates ? this.coordinating.size : this.live.size - this.coordinating.size;
    if (running >= this.options.maxRunning)
      throw new FathomError('RESOURCE_EXHAUSTED', `${running} operations are running, which is the limit; try again later`);
  }

  private async execute(startable: Startable, live: LiveOperation): Promise<void> {
    let ending = false; // from here on a report would take the sequence number of the end
    const execution: Execution = {
      signal: live.signal,
      report: (progress) => {
        if (!ending) live.show(live.changed({ progress: { ...live.record.progress, ...progress } }));
      },
    };
    let thrown: unknown;
    let end: Partial<OperationRecord>;
    try {
      if (live.signal.aborted) throw cancelled(startable.job);
      end = { state: 'SUCCEEDED', result: await startable.run(execution) };
    } catch (error) {
      thrown = error;
      end = failureOf(error, live.stopped);
    }
    ending = true;
    const record = live.changed(end);
    const notKept = await this.keep(record);
    this.forget(record.digest);
    live.end(record);
    this.options.onEnd?.({ record, thrown, ...(notKept === undefined ? {} : { notKept }) });
  }

  /** Writes an end; where the store does not take it, it is kept here, and why is returned. */
  private async keep(record: OperationRecord): Promise<unknown> {
    try {
      await this.records.write(record);
      return undefined;
    } catch (error) {
      this.notKept.set(record.digest, record);
      return error;
    }
  }

  private forget(digest: string): void {
    this.live.delete(digest);
    this.coordinating.delete(digest);
  }
}

function failureOf(error: unknown, stopped: Stop | undefined): Partial<OperationRecord> {
  const { reason, message, metadata } = FathomError.from(error);
  if (stopped !== undefined) return { state: stopped };
  if (reason === 'CANCELLED') return { state: 'CANCELLED' };
  const failure: OperationFailure = { reason, message, metadata };
  return { state: 'FAILED', failure };
}

/** A record that says RUNNING but belongs to no live operation was left behind by a process that ended. */
function asSeen(record: OperationRecord | undefined): OperationRecord | undefined {
  return record?.state === 'RUNNING' ? { ...record, state: 'INTERRUPTED', sequence: afterInterruption(record.sequence) } : record;
}
