import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { deadline, FathomError } from '@fathom/errors';
import { Admission, type AdmissionLimits, type Ticket } from './admission.js';
import { follow } from './follow.js';
import { Lease, promisedMs, type Stop } from './lease.js';
import { LiveOperation } from './live-operation.js';
import { processClock, type MonotonicClock } from './monotonic-clock.js';
import {
  digestOfName,
  firstSequence,
  hasEnded,
  hasRoomForChange,
  NO_PROGRESS,
  type OperationFailure,
  type OperationRecord,
  type OperationRecords,
  type SeenRecord,
} from './operation-record.js';
import type { Execution, Startable } from './startable.js';

/** What is told, once, of an operation that has ended. */
export interface Ending {
  readonly record: OperationRecord;
  /** What the work threw. */
  readonly thrown?: unknown;
  /** Why the record could not be written to the store yet: others will see that the operation was left, until it is. */
  readonly notKept?: unknown;
}

/** Options of an {@link OperationRunner}. */
export interface RunnerOptions extends AdmissionLimits {
  /** How long, in milliseconds, a holder may be silent before others take its work over. @default 8000 */
  readonly leaseMs?: number;
  /** Which jobs are this process's own; operations of others, in the same store, are not shown. @default all */
  readonly owns?: (job: string) => boolean;
  /** The work of a record that another process has left, so that it may go on here; undefined where it is not known. @default never known */
  readonly resume?: (record: OperationRecord) => Startable | undefined;
  /** Called once for every operation that ends here, for the log. @default nothing */
  readonly onEnd?: (ending: Ending) => void;
  /** Called for every operation of a dead holder that goes on here. @default nothing */
  readonly onTakeOver?: (record: OperationRecord, from: OperationRecord) => void;
  /** Called when this process may not go on with an operation, with the reason in words. @default nothing */
  readonly onLost?: (record: OperationRecord, why: string) => void;
  /** @default that of the process */
  readonly clock?: MonotonicClock;
}

const LEASE_MS = 8_000;

/**
 * Runs operations of one process; their records in the store are shared with all processes that do the same work.
 * The same request is one operation: while it runs, here or elsewhere, asking again joins it; once it has succeeded, asking again returns
 * its result; after a failure, a cancellation or an interruption, asking again resumes it. What a dead process has left goes on in one that
 * is asked for it in any way but by the list.
 */
export class OperationRunner {
  private readonly live = new Map<string, LiveOperation>();
  private readonly starting = new Map<string, Promise<OperationRecord>>();
  /** Operations of dead holders that this process claims now. */
  private readonly takingOver = new Map<string, Promise<void>>();
  /** Ends that the store has not taken yet. */
  private readonly notKept = new Map<string, OperationRecord>();
  private readonly holder = randomUUID();
  private readonly clock: MonotonicClock;
  private readonly leaseMs: number;
  private readonly ordinary: Admission;
  /** Work that waits for other operations has places of its own, or all would wait for each other's. */
  private readonly coordinating: Admission;
  private readonly closing = new AbortController();

  constructor(
    private readonly records: OperationRecords,
    private readonly options: RunnerOptions,
  ) {
    this.clock = options.clock ?? processClock;
    this.leaseMs = options.leaseMs ?? LEASE_MS;
    this.ordinary = new Admission(options, this.clock);
    this.coordinating = new Admission(options, this.clock);
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
    const live = this.live.get(digestOfName(name));
    return (live?.lease ? live : await this.find(name, signal)).record;
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
    const live = this.current(digestOfName(name)) ?? (await this.find(name, signal));
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
    const live = this.current(digestOfName(name)) ?? (await this.find(name));
    if (live.lease) live.lease.stop('CANCELLED');
    else if (!hasEnded(live.record.state)) await this.records.askToStop(live.record);
    return this.get(name);
  }

  /** A page of operations in the order of their digests, and the token of the next page. */
  async list(pageSize: number, after: string, signal?: AbortSignal): Promise<{ records: OperationRecord[]; next: string }> {
    const records: OperationRecord[] = [];
    for await (const digest of this.records.digestsAfter(after, signal)) {
      const record = this.here(digest) ?? (await this.records.read(digest, signal))?.record;
      if (!record || !this.owns(record)) continue;
      if (records.length === pageSize) return { records, next: records.at(-1)?.digest ?? '' };
      records.push(record);
    }
    return { records, next: '' };
  }

  /** The job of every operation that is this process's to do, and whether it waits for its turn. */
  get load(): { readonly job: string; readonly waits: boolean }[] {
    return [...this.live.values()].flatMap(({ lease, record: { job } }) => (lease ? { job, waits: lease.waits } : []));
  }

  /** Stops everything that runs and waits until it has stopped; it will be INTERRUPTED, to be resumed by whoever asks again. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.starting.values());
    const leases = [...this.live.values()].flatMap(({ lease }) => lease ?? []);
    for (const lease of leases) lease.stop('INTERRUPTED');
    await Promise.all(leases.map(({ settled }) => settled));
  }

  private owns({ job }: OperationRecord): boolean {
    return this.options.owns?.(job) ?? true;
  }

  /** What this process knows better than the store. */
  private here(digest: string): OperationRecord | undefined {
    const live = this.live.get(digest);
    return live?.lease ? live.record : this.notKept.get(digest);
  }

  /** The operation that runs here, or is followed, and has not ended. */
  private current(digest: string): LiveOperation | undefined {
    const live = this.live.get(digest);
    return live && !hasEnded(live.record.state) ? live : undefined;
  }

  /** The operation as the store has it, followed from now on where another process runs it. */
  private async find(name: string, signal?: AbortSignal): Promise<LiveOperation> {
    const digest = digestOfName(name);
    const record = this.notKept.get(digest) ?? (await this.records.read(digest, signal))?.record;
    if (!record || !this.owns(record)) throw new FathomError('NOT_FOUND', `no operation is named "${name}"`, { metadata: { name } });
    return this.followed(record);
  }

  private followed(record: OperationRecord): LiveOperation {
    const known = this.current(record.digest);
    known?.show(record);
    if (known) return known;
    const live = new LiveOperation(record);
    if (hasEnded(record.state)) return live;
    this.live.set(record.digest, live);
    this.follow(live);
    return live;
  }

  /** Follows an operation that does not run here, until it has ended or goes on here. */
  private follow(live: LiveOperation): void {
    const { records, clock } = this;
    const isDead = ({ holder }: OperationRecord): boolean => holder === this.holder; // this process, which does not run it
    const takeOver = (seen: SeenRecord): Promise<void> => this.takeOver(live, seen);
    void follow(live, { records, clock, signal: this.closing.signal, isDead, takeOver }).then(() => {
      if (!live.lease) this.forget(live);
    });
  }

  private forget(live: LiveOperation): void {
    if (this.live.get(live.record.digest) === live) this.live.delete(live.record.digest);
  }

  private async begin(startable: Startable): Promise<OperationRecord> {
    const { digest } = startable;
    for (;;) {
      await this.takingOver.get(digest);
      const lease = this.live.get(digest)?.lease;
      if (lease && lease.stopped === undefined) return this.live.get(digest)!.record;
      if (lease) {
        await lease.settled;
        continue;
      }
      const { record, stopAsked = false } = (await this.latest(digest)) ?? {};
      if (record?.state === 'SUCCEEDED' && record.result !== null && (await startable.isKept(record.result))) return record;
      if (this.closing.signal.aborted) throw new FathomError('UNAVAILABLE', 'the service is shutting down');
      if (record && !hasEnded(record.state) && record.holder !== this.holder) {
        const live = this.followed(record);
        live.startable = startable;
        if (!stopAsked) return live.record;
        await live.nextChange(record.sequence, this.closing.signal);
      } else {
        const begun = await this.claim(startable, record?.epoch ?? 0);
        if (begun) return begun.record;
      }
    }
  }

  /** The newest record, of those that the store has and those that it has not taken yet. */
  private async latest(digest: string): Promise<Partial<SeenRecord> | undefined> {
    const seen = await this.records.read(digest);
    const record = this.notKept.get(digest);
    return record && record.epoch >= (seen?.record.epoch ?? 0) ? { record } : seen;
  }

  /** Takes the next epoch of an operation whose holder is dead, to go on with it, or to tell that it has stopped. */
  private async takeOver(live: LiveOperation, { record, stopAsked }: SeenRecord): Promise<void> {
    const { digest, epoch } = record;
    if (this.starting.has(digest)) return; // and will find the same
    const work = async (): Promise<void> => {
      const startable = stopAsked ? undefined : (live.startable ?? this.resumed(record));
      if (startable) {
        const begun = await this.claim(startable, epoch);
        if (begun) this.options.onTakeOver?.(begun.record, record);
      } else {
        const state = stopAsked ? 'CANCELLED' : 'INTERRUPTED';
        const end: OperationRecord = { ...record, state, epoch: epoch + 1, sequence: firstSequence(epoch + 1), holder: this.holder };
        if (await this.records.claim(end)) live.show(end);
      }
    };
    const taking = work().finally(() => this.takingOver.delete(digest));
    this.takingOver.set(
      digest,
      taking.catch(() => undefined),
    );
    await taking;
  }

  /** What another process has left, if this one still knows how to do just that. */
  private resumed(record: OperationRecord): Startable | undefined {
    try {
      const startable = this.options.resume?.(record);
      return startable?.digest === record.digest ? startable : undefined;
    } catch {
      return undefined; // such a request is refused nowadays
    }
  }

  /** Begins an operation in the epoch after `epoch`, unless another process does. */
  private async claim(startable: Startable, epoch: number): Promise<LiveOperation | undefined> {
    const { digest, job, request, tenant } = startable;
    const sequence = firstSequence(epoch + 1);
    const ticket = (startable.coordinates ? this.coordinating : this.ordinary).ticket(tenant);
    const record: OperationRecord = {
      ...{ digest, job, request, tenant, state: 'RUNNING', progress: NO_PROGRESS, failure: null, result: null, sequence },
      ...{ epoch: epoch + 1, holder: this.holder, leaseMs: promisedMs(this.leaseMs, ticket.waits), beat: 0 },
    };
    const claimedAt = this.clock.now();
    let isOwn = false;
    try {
      isOwn = await this.records.claim(record);
    } finally {
      if (!isOwn) ticket.leave();
    }
    if (!isOwn) return undefined;
    this.notKept.delete(digest);
    const live = this.current(digest) ?? new LiveOperation(record);
    live.show(record);
    live.startable = startable;
    live.lease = new Lease({
      record,
      records: this.records,
      clock: this.clock,
      leaseMs: this.leaseMs,
      claimedAt,
      isWaiting: ticket.waits,
      now: () => live.record,
    });
    this.live.set(digest, live);
    void this.execute(startable, live, live.lease, ticket);
    return live;
  }

  private async execute(startable: Startable, live: LiveOperation, lease: Lease, ticket: Ticket): Promise<void> {
    let isEnding = false; // from here on a report would take the sequence number of the end
    const execution: Execution = {
      signal: lease.signal,
      epoch: live.record.epoch,
      report: (progress) => {
        if (!isEnding && hasRoomForChange(live.record.sequence)) live.show(live.changed({ progress: { ...live.record.progress, ...progress } }));
      },
    };
    let thrown: unknown;
    let end: Partial<OperationRecord>;
    try {
      await ticket.turn(lease.signal);
      lease.begin();
      end = { state: 'SUCCEEDED', result: await startable.run(execution) };
    } catch (error) {
      thrown = error;
      end = failureOf(error, lease.stopped);
    } finally {
      ticket.leave();
    }
    isEnding = true;
    const record = live.changed(end);
    const notKept = await lease.end(record).then(
      () => undefined,
      (error: unknown) => error,
    );
    live.lease = undefined;
    if (lease.stopped === 'LOST') {
      this.options.onLost?.(live.record, lease.loss);
      this.follow(live);
    } else {
      if (notKept !== undefined) this.keepTrying(lease, record);
      this.forget(live);
      live.show(record);
      this.options.onEnd?.({ record, thrown, ...(notKept === undefined ? {} : { notKept }) });
    }
    lease.close();
  }

  /** Keeps an end here until the store takes it, or has a later epoch. */
  private keepTrying(lease: Lease, record: OperationRecord): void {
    const { digest } = record;
    this.notKept.set(digest, record);
    const attempt = async (): Promise<void> => {
      for (;;) {
        await this.clock.pause(this.leaseMs / 4, this.closing.signal);
        if (this.notKept.get(digest) !== record || this.closing.signal.aborted) return;
        await lease.end(record).then(
          () => this.notKept.get(digest) === record && this.notKept.delete(digest),
          () => undefined,
        );
      }
    };
    void attempt();
  }
}

function failureOf(error: unknown, stopped: Stop | undefined): Partial<OperationRecord> {
  const { reason, message, metadata } = FathomError.from(error);
  if (stopped === 'CANCELLED' || stopped === 'INTERRUPTED') return { state: stopped };
  if (reason === 'CANCELLED') return { state: 'CANCELLED' };
  const failure: OperationFailure = { reason, message, metadata };
  return { state: 'FAILED', failure };
}
