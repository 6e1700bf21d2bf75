import type { Job } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import { jobOperation, OperationRecords, OperationRunner, WorkerPool, type OperationRecord, type Startable } from '@fathom/operations';
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
  startJob<Request>(job: Job<Request>, request: Request): Promise<OperationRecord>;
  /** Starts work that is no job, such as a study. */
  start(startable: Startable): Promise<OperationRecord>;
  /** Stops what runs, keeps its finished parts, and ends the worker threads. */
  close(): Promise<void>;
}

/** Opens the store and makes worker threads ready. */
export async function openPlatform(config: Config, logger: Logger): Promise<Platform> {
  const objects = openStore(config.store);
  const artifacts = new ArtifactStore(objects);
  const pool = new WorkerPool(config.store, { threads: config.threads });
  const operations = new OperationRunner(new OperationRecords(objects), {
    maxRunning: config.maxRunningOperations,
    onEnd: (record, thrown) => logEnd(logger, record, thrown),
  });
  return {
    config,
    artifacts,
    operations,
    logger,
    startJob: async (job, request) => operations.start(jobOperation(job, request, { artifacts, pool })),
    start: (startable) => operations.start(startable),
    close: async () => {
      await operations.close();
      await pool.close();
    },
  };
}

function logEnd(logger: Logger, record: OperationRecord, thrown: unknown): void {
  const { digest, job, state, result, progress } = record;
  const facts = { operation: digest, job, state, result, parts: progress.partsTotal, reused: progress.partsReused };
  if (state === 'FAILED') logger.error({ ...facts, error: thrown }, 'operation failed');
  else logger.info(facts, 'operation ended');
}
