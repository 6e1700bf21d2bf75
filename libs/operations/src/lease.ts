import type { MonotonicClock } from './monotonic-clock.js';
import type { OperationRecord, OperationRecords, OperationState } from './operation-record.js';

/** Why running work is to stop: somebody cancelled it, its process ends, or somebody else holds it, or may. */
export type Stop = Extract<OperationState, 'CANCELLED' | 'INTERRUPTED'> | 'LOST';

/** Heartbeats in the time that a holder may be silent. */
const BEATS = 4;

/** Operations that wait for their turn promise a sign of life this much more seldom, so that many of them cost little. */
const PATIENCE_OF_WAITING = 4;

/** What a lease is made of. */
export interface LeaseOptions {
  /** The record whose epoch was claimed. */
  readonly record: OperationRecord;
  readonly records: OperationRecords;
  readonly clock: MonotonicClock;
  /** How long, in milliseconds, the holder may be silent once the work has begun. */
  readonly leaseMs: number;
  /** When the claim was begun, by the clock. */
  readonly claimedAt: number;
  /** Whether the work waits for its turn. */
  readonly isWaiting: boolean;
  /** The record to write at a heartbeat. */
  now(): OperationRecord;
}

/** How long a holder may be silent, as it promises in its record. */
export function promisedMs(leaseMs: number, isWaiting: boolean): number {
  return isWaiting ? leaseMs * PATIENCE_OF_WAITING : leaseMs;
}

/**
 * The right to work on one operation, for the epoch that was claimed, kept by heartbeats. It is lost when a higher epoch is seen, and when
 * the store took no heartbeat for as long as readers wait before they call the holder dead: work is told to stop, and clocks of different
 * processes are never compared.
 */
export class Lease {
  /** Settles once the work has stopped and its end is told, or somebody else's. Never rejects. */
  readonly settled: Promise<void>;
  private readonly abort = new AbortController();
  private readonly over = new AbortController();
  private stoppedBy: Stop | undefined;
  private writing: Promise<unknown> = Promise.resolve();
  private lastGood: number;
  private promised: number;
  private why = '';
  private beats = 0;
  private isWaiting: boolean;
  private settle: () => void = () => undefined;

  constructor(private readonly given: LeaseOptions) {
    this.lastGood = given.claimedAt;
    this.promised = given.record.leaseMs;
    this.isWaiting = given.isWaiting;
    this.settled = new Promise((resolve) => (this.settle = resolve));
    void this.keepBeating();
    void this.guard();
  }

  /** Aborted by {@link stop}. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Why the work was told to stop, if it was. */
  get stopped(): Stop | undefined {
    return this.stoppedBy;
  }

  /** Whether the work has not begun. */
  get waits(): boolean {
    return this.isWaiting;
  }

  /** In words, how the lease was lost. */
  get loss(): string {
    return this.why;
  }

  /** Tells the work to stop; the first reason stays, unless the lease is lost. */
  stop(why: Stop): void {
    this.stoppedBy = why === 'LOST' ? why : (this.stoppedBy ?? why);
    this.abort.abort();
  }

  /** The work begins: from here on heartbeats are frequent. */
  begin(): void {
    if (!this.isWaiting) return;
    this.isWaiting = false;
    void this.beat();
  }

  /**
   * Writes the last record of the epoch, if the lease is not lost; no heartbeat comes after it.
   * @throws what the store throws; the record may have been written all the same
   */
  async end(record: OperationRecord): Promise<void> {
    this.over.abort();
    await this.inTurn(async () => {
      if (this.stoppedBy === 'LOST') return;
      await this.given.records.write(record);
      await this.look();
    });
  }

  /** Lets go of everything. */
  close(): void {
    this.over.abort();
    this.settle();
  }

  private async keepBeating(): Promise<void> {
    for (let tick = 1; ; tick++) {
      await this.given.clock.pause(this.given.leaseMs / BEATS, this.over.signal);
      if (this.over.signal.aborted) return;
      if (!this.isWaiting || tick % PATIENCE_OF_WAITING === 0) await this.beat();
    }
  }

  private beat(): Promise<void> {
    return this.inTurn(async () => {
      if (this.over.signal.aborted) return;
      const begun = this.given.clock.now();
      try {
        await this.look(this.over.signal);
        if (this.stoppedBy === 'LOST') return;
        const leaseMs = promisedMs(this.given.leaseMs, this.isWaiting);
        this.beats += 1;
        await this.given.records.write({ ...this.given.now(), leaseMs, beat: this.beats }, this.over.signal);
        this.lastGood = begun;
        this.promised = leaseMs;
      } catch {
        // The guard sees how long it has been.
      }
    });
  }

  /** Loses the lease to a higher epoch, and hears who wants the work to stop. */
  private async look(signal?: AbortSignal): Promise<void> {
    const { digest, epoch } = this.given.record;
    const newest = await this.given.records.newest(digest, signal);
    if (newest && newest.epoch > epoch) {
      this.lose('somebody else has taken it over');
      await this.given.records.remove(this.given.record).catch(() => undefined); // nobody reads it
    } else if (newest?.stopAsked) this.stop('CANCELLED');
  }

  private async guard(): Promise<void> {
    for (;;) {
      const left = this.lastGood + this.promised - this.given.clock.now();
      if (left <= 0) {
        this.lose(`the store took no heartbeat for ${this.promised} ms`);
        return;
      }
      await this.given.clock.pause(left, this.over.signal);
      if (this.over.signal.aborted) return;
    }
  }

  private lose(why: string): void {
    if (this.stoppedBy !== 'LOST') this.why = why;
    this.stop('LOST');
    this.over.abort();
  }

  /** One write after the other: a heartbeat never replaces the end. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.writing.then(work);
    this.writing = done.catch(() => undefined);
    return done;
  }
}
