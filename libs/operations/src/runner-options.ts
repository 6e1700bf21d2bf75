import type { KnownOperations } from './known-operations.js';
import type { MonotonicClock } from './monotonic-clock.js';
import type { OperationRecord, OperationRecords } from './operation-record.js';
import type { Places } from './places.js';
import type { Startable } from './startable.js';

/** What is told, once, of an operation that has ended. */
export interface Ending {
  readonly record: OperationRecord;
  /** What the work threw. */
  readonly thrown?: unknown;
  /** Why the record could not be written to the store yet: others will see that the operation was left, until it is. */
  readonly notKept?: unknown;
}

/** Options of an operation runner. */
export interface RunnerOptions {
  /** Where its operations run, or wait. */
  readonly places: Places;
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

/** What the parts of one runner share. */
export interface RunnerParts {
  readonly options: RunnerOptions;
  readonly records: OperationRecords;
  readonly known: KnownOperations;
  readonly clock: MonotonicClock;
  readonly leaseMs: number;
  /** Name of this process in the records that it holds. */
  readonly holder: string;
  /** Aborted once the runner closes. */
  readonly closing: AbortSignal;
}
