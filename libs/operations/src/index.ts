export { OperationRunner, type Execution, type OnEnd, type Startable } from './operation-runner.js';
export {
  digestOfName,
  hasEnded,
  operationName,
  OperationRecords,
  type OperationFailure,
  type OperationProgress,
  type OperationRecord,
  type OperationState,
} from './operation-record.js';
export { jobOperation, requestDigest } from './run-job.js';
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';
export { CODE_VERSION } from './code-version.js';
