export { OperationRunner } from './operation-runner.js';
export type { Ending, RunnerOptions } from './runner-options.js';
export { Places } from './places.js';
export { EpochObjects } from './epoch-objects.js';
export type { MonotonicClock } from './monotonic-clock.js';
export type { Execution, Startable } from './startable.js';
export {
  operationName,
  OperationRecords,
  type OperationFailure,
  type OperationProgress,
  type OperationRecord,
  type OperationState,
} from './operation-record.js';
export { isKept, jobOperation, requestDigest } from './run-job.js';
export { WORK_CHANNEL, WorkerPool, type WorkerPoolOptions, type WorkEnded } from './worker-pool.js';
export { CODE_VERSION } from './code-version.js';
export { threadCrew, type ThreadCrew, type ThreadCrewOptions } from './thread-crew.js';
export { onStoreTrouble } from './process-troubles.js';
export { countedStore, readLedger, STORE_SECONDS, type LedgerReading } from './process-ledger.js';
