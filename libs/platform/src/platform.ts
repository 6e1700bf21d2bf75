import type { Job } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import { jobOperation, OperationRecords, OperationRunner, WorkerPool, type Ending, type OperationRecord, type Startable } from '@fathom/operations';
import type { Logger } from '@fathom/service-kit';
import { openStore } from '@fathom/store';
import type { Config } from './config.js';

/** What the services of one process share. */
export interface Platform {
  readonly config: Config;
  readonly artifacts: ArtifactStore;
  readonly operations: OperationRunner;
  readonly logger: Logger;
  /** Starts, joins or resumes a job for a request. Throws the job's InputError where the request is wrong. */
  readonly startJob: <Request>(job: Job<Request>, request: Request) => Promise<OperationRecord>;
  /** Starts work that is no job, such as a study. */
  start(startable: Startable): Promise<OperationRecord>;
  /** Has something let go of when the platform closes, after its operations have stopped. */
  onClose(letGo: () => void): void;
  /** Stops what runs, keeps its finished parts, and ends the worker threads. */
  close(): Promise<void>;
}

/** Opens the store and makes worker threads ready. `owns` tells which jobs' operations are this process's own: others share the store. */
export function openPlatform(config: Config, logger: Logger, owns?: (job: string) => boolean): Platform {
  const objects = openStore(config.store);
  const artifacts = new ArtifactStore(objects);
  const pool = new WorkerPool(config.store, { threads: config.threads, engine: config.engine });
  const operations = new OperationRunner(new OperationRecords(objects), {
    maxRunning: config.maxRunningOperations,
    ...(owns ? { owns } : {}),
    onEnd: (ending) => logEnd(logger, ending),
  });
  const held: (() => void)[] = [];
  return {
    config,
    artifacts,
    operations,
    logger,
    startJob: async (job, request) => operations.start(jobOperation(job, request, { artifacts, pool })),
    start: (startable) => operations.start(startable),
    onClose: (letGo) => void held.push(letGo),
    close: async () => {
      try {
        await operations.close();
        for (const letGo of held.splice(0)) letGo();
      } finally {
        await pool.close();
      }
    },
  };
}

function logEnd(logger: Logger, { record, thrown, notKept }: Ending): void {
  const { digest, job, state, result, progress } = record;
  const facts = { operation: digest, job, state, result, parts: progress.partsTotal, reused: progress.partsReused };
  if (state === 'FAILED') logger.error({ ...facts, error: thrown }, 'operation failed');
  else logger.info(facts, 'operation ended');
  if (notKept !== undefined) logger.error({ ...facts, error: notKept }, 'the end of an operation could not be written to the store');
}
