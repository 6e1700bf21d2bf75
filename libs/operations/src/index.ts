export { OperationRunner, type Ending, type RunnerOptions } from './operation-runner.js';
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
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
export { CODE_VERSION } from './code-version.js';
export { threadCrew, type ThreadCrew, type ThreadCrewOptions } from './thread-crew.js';
