import type { OperationRecord, OperationState } from './operation-record.js';

/** Why a running operation is to stop: somebody cancelled it, or its process ends. */
export type Stop = Extract<OperationState, 'CANCELLED' | 'INTERRUPTED'>;

/** An operation that runs in this process, and those who watch it. */
export class LiveOperation {
  /** Settles once the operation has ended, or could not begin, and its end is known to everybody. Never rejects. */
  readonly ended: Promise<void>;
  private readonly abort = new AbortController();
  private readonly listeners = new Set<() => void>();
  private stoppedBy: Stop | undefined;
  private settleEnded: () => void = () => undefined;

  constructor(private present: OperationRecord) {
    this.ended = new Promise((resolve) => (this.settleEnded = resolve));
  }

  /** The operation as it is now. */
  get record(): OperationRecord {
    return this.present;
  }

  /** Aborted by {@link stop}. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Why it was told to stop, if it was. */
  get stopped(): Stop | undefined {
    return this.stoppedBy;
  }

  /** Tells the work to stop; the first reason stays. */
  stop(why: Stop): void {
    this.stoppedBy ??= why;
    this.abort.abort();
  }

  /** The record after a change, with the next sequence number. */
  changed(change: Partial<OperationRecord>): OperationRecord {
    return { ...this.present, ...change, sequence: this.present.sequence + 1 };
  }

  /** Shows a record to everybody who watches. */
  show(record: OperationRecord): void {
    this.present = record;
    for (const listener of [...this.listeners]) listener();
  }

  /** Shows the last record; nothing may be shown after it. */
  end(record: OperationRecord): void {
    this.show(record);
    this.settleEnded();
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
    return this.listeners.size;
  }
}
