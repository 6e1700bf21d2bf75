import type { Lease } from './lease.js';
import { hasEnded, type OperationRecord } from './operation-record.js';
import type { Startable } from './startable.js';

/** An operation that runs in this process or is followed by it, and those who watch it. */
export class LiveOperation {
  /** The right to run it, while that is here. */
  lease: Lease | undefined;
  /** How to run it, where that is known. */
  startable: Startable | undefined;
  private readonly listeners = new Set<() => void>();
  private watching = 0;
  private onWatcher: () => void = () => undefined;

  constructor(private present: OperationRecord) {}

  /** The operation as it is now. */
  get record(): OperationRecord {
    return this.present;
  }

  /** The record after a change, with the next sequence number. */
  changed(change: Partial<OperationRecord>): OperationRecord {
    return { ...this.present, ...change, sequence: this.present.sequence + 1 };
  }

  /** Shows a record to everybody who watches, unless a later one, or the end, was shown already. */
  show(record: OperationRecord): void {
    if (record.sequence <= this.present.sequence || hasEnded(this.present.state)) return;
    this.present = record;
    for (const listener of [...this.listeners]) listener();
  }

  /** Settles when the sequence number is above `seen`, or `signal` aborts. Leaves nothing behind. */
  nextChange(seen: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.present.sequence > seen || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.listeners.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.listeners.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** How many watch it now. */
  get watchers(): number {
    return this.watching;
  }

  /** Counts somebody who watches, until what is returned is called. */
  watch(): () => void {
    this.watching += 1;
    if (this.watching === 1) this.onWatcher();
    return () => void (this.watching -= 1);
  }

  /** Has `call` called when somebody begins to watch what nobody watched; one at a time. */
  whenWatched(call: () => void): void {
    this.onWatcher = call;
  }
}
