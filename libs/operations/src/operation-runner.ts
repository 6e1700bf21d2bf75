import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { deadline, FathomError } from '@fathom/errors';
import { FollowedOperations } from './followed-operations.js';
import { HeldOperations } from './held-operations.js';
import { KnownOperations } from './known-operations.js';
import { processClock } from './monotonic-clock.js';
import { digestOfName, hasEnded, type OperationRecord, type OperationRecords } from './operation-record.js';
import type { RunnerOptions, RunnerParts } from './runner-options.js';
import type { Startable } from './startable.js';

const LEASE_MS = 8_000;

/**
 * Runs operations of one process; their records in the store are shared with all processes that do the same work.
 * The same request is one operation: while it runs, here or elsewhere, asking again joins it; once it has succeeded, asking again returns
 * its result; after a failure, a cancellation or an interruption, asking again resumes it. What a dead process has left goes on in one that
 * is asked for it in any way but by the list.
 */
export class OperationRunner {
  private readonly starting = new Map<string, Promise<OperationRecord>>();
  private readonly closing = new AbortController();
  private readonly parts: RunnerParts;
  private readonly known: KnownOperations;
  private readonly held: HeldOperations;
  private readonly elsewhere: FollowedOperations;

  constructor(
    private readonly records: OperationRecords,
    options: RunnerOptions,
  ) {
    this.known = new KnownOperations(records);
    const { clock = processClock, leaseMs = LEASE_MS } = options;
    this.parts = { options, records, known: this.known, clock, leaseMs, holder: randomUUID(), closing: this.closing.signal };
    this.held = new HeldOperations(this.parts, (live) => this.elsewhere.follow(live));
    this.elsewhere = new FollowedOperations(this.parts, this.held, (digest) => this.starting.has(digest));
    setMaxListeners(0, this.closing.signal); // one for each operation that is followed
  }

  /**
   * Starts, joins or resumes an operation; one that is being stopped is started again once it has ended.
   * @throws FathomError RESOURCE_EXHAUSTED where too many run and wait already; UNAVAILABLE once the runner closes
   */
  start(startable: Startable): Promise<OperationRecord> {
    const { digest } = startable;
    const starting = this.starting.get(digest);
    if (starting) return starting;
    const begun = this.begin(startable).finally(() => this.starting.delete(digest));
    this.starting.set(digest, begun);
    return begun;
  }

  /** The operation as it is now. NOT_FOUND where there is none of that name. */
  async get(name: string, signal?: AbortSignal): Promise<OperationRecord> {
    return (this.known.held(digestOfName(name)) ?? (await this.elsewhere.find(name, signal))).record;
  }

  /** The operation once it has ended, or as it is after `timeoutMs` or when `signal` aborts. */
  async wait(name: string, timeoutMs: number, signal?: AbortSignal): Promise<OperationRecord> {
    const waiting = deadline(timeoutMs, signal);
    try {
      let last = await this.get(name, signal);
      for await (const record of this.watch(name, last.sequence, waiting.signal)) last = record;
      return last;
    } finally {
      waiting.end();
    }
  }

  /** The present state and every change from now on whose sequence number is above `afterSequence`, until the operation has ended. */
  async *watch(name: string, afterSequence: number, signal?: AbortSignal): AsyncIterable<OperationRecord> {
    const live = this.known.current(digestOfName(name)) ?? (await this.elsewhere.find(name, signal));
    const leave = live.watch();
    try {
      for (let seen = afterSequence; ;) {
        const { record } = live;
        if (record.sequence > seen) yield record;
        seen = Math.max(seen, record.sequence);
        if (hasEnded(record.state)) return;
        await live.nextChange(record.sequence, signal);
        if (signal?.aborted) return;
      }
    } finally {
      leave();
    }
  }

  /** Asks a running operation to stop, wherever it runs. */
  async cancel(name: string): Promise<OperationRecord> {
    const live = this.known.current(digestOfName(name)) ?? (await this.elsewhere.find(name));
    if (live.lease) live.lease.stop('CANCELLED');
    else if (!hasEnded(live.record.state)) await this.records.askToStop(live.record);
    return this.get(name);
  }

  /** A page of operations in the order of their digests, and the token of the next page. */
  async list(pageSize: number, after: string, signal?: AbortSignal): Promise<{ records: OperationRecord[]; next: string }> {
    const { owns = () => true } = this.parts.options;
    const records: OperationRecord[] = [];
    for await (const digest of this.records.digestsAfter(after, signal)) {
      const record = this.known.here(digest) ?? (await this.records.read(digest, signal))?.record;
      if (!record || !owns(record.job)) continue;
      if (records.length === pageSize) return { records, next: records.at(-1)?.digest ?? '' };
      records.push(record);
    }
    return { records, next: '' };
  }

  /** The job of every operation that is this process's to do, and whether it waits for its turn. */
  get load(): { readonly job: string; readonly waits: boolean }[] {
    return this.known.allHeld.map(({ lease: { waits }, record: { job } }) => ({ job, waits }));
  }

  /** Whether it has nothing to do or to follow, and knows nothing that the store does not. */
  get isIdle(): boolean {
    return this.starting.size === 0 && this.known.isEmpty;
  }

  /** Stops everything that runs and waits until it has stopped; it will be INTERRUPTED, to be resumed by whoever asks again. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.starting.values());
    await this.held.interrupt();
  }

  private async begin(startable: Startable): Promise<OperationRecord> {
    const { digest } = startable;
    const { closing, holder } = this.parts;
    for (;;) {
      await this.elsewhere.takenOver(digest);
      const own = this.known.held(digest);
      if (own && own.lease.stopped === undefined) return own.record;
      if (own) {
        await own.lease.settled;
        continue;
      }
      const { record, stopAsked = false } = (await this.known.latest(digest)) ?? {};
      if (record?.state === 'SUCCEEDED' && record.result !== null && (await startable.isKept(record.result))) return record;
      if (closing.aborted) throw new FathomError('UNAVAILABLE', 'the service is shutting down');
      if (record && !hasEnded(record.state) && record.holder !== holder) {
        const live = this.elsewhere.followed(record);
        live.startable = startable;
        if (!stopAsked) return live.record;
        await live.nextChange(record.sequence, closing);
      } else {
        const begun = await this.held.claim(startable, record?.epoch ?? 0);
        if (begun) return begun.record;
      }
    }
  }
}
