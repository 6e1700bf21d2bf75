import { getHeapStatistics } from 'node:v8';
import { jobNamed, type Job } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import {
  countedStore,
  jobOperation,
  OperationRecords,
  OperationRunner,
  WorkerPool,
  type Ending,
  type OperationRecord,
  type Startable,
} from '@fathom/operations';
import type { Logger } from '@fathom/service-kit';
import { openStore } from '@fathom/store';
import type { Config } from './config.js';
import type { OperationWatch } from './operation-watch.js';

/** What the services of one process share. */
export interface Platform {
  readonly config: Config;
  readonly artifacts: ArtifactStore;
  readonly operations: OperationRunner;
  readonly logger: Logger;
  /** Starts, joins or resumes a job for a request. Throws the job's InputError where the request is wrong. */
  readonly startJob: <Request>(job: Job<Request>, request: Request, tenant?: string) => Promise<OperationRecord>;
  /** Starts work that is no job, such as a study. */
  start(startable: Startable): Promise<OperationRecord>;
  /** Says how to go on with work that is no job, where another process has left it. */
  onResume(job: string, resume: (record: OperationRecord) => Startable): void;
  /** Has something let go of when the platform closes, after its operations have stopped. */
  onClose(letGo: () => void): void;
  /** Stops what runs, keeps its finished parts, and ends the worker threads. */
  close(): Promise<void>;
}

/** Opens the store and makes worker threads ready. `owns` tells which jobs' operations are this process's own: others share the store. */
export function openPlatform(config: Config, logger: Logger, watch: OperationWatch, owns?: (job: string) => boolean): Platform {
  const objects = countedStore(openStore(config.store));
  const artifacts = new ArtifactStore(objects);
  const pool = new WorkerPool(config.store, { threads: config.threads, engine: config.engine, limits: config.limits });
  const operations = new OperationRunner(new OperationRecords(objects), {
    maxRunning: config.maxRunningOperations,
    maxRunningPerTenant: config.maxRunningPerTenant,
    maxWaiting: config.maxWaitingOperations,
    memoryTaken,
    leaseMs: config.leaseMs,
    resume: (record) => watch.watched(resumeOf(record)),
    onTakeOver: (record, from) => logger.warn(factsOf(record), `operation taken over from a process that was silent for ${from.leaseMs} ms`),
    onLost: (record, why) => watch.ended(record, () => logger.warn(factsOf(record), `operation stopped here: ${why}`), 'LOST'),
    ...(owns ? { owns } : {}),
    onEnd: (ending) => watch.ended(ending.record, () => logEnd(logger, ending)),
  });
  const others = new Map<string, (record: OperationRecord) => Startable>();
  const resumeOf = (record: OperationRecord): Startable => {
    const other = others.get(record.job);
    if (other) return other(record);
    const job = jobNamed(record.job);
    return jobOperation(job, job.codec.fromJSON(record.request), { artifacts, pool }, record.tenant);
  };
  const start = (startable: Startable): Promise<OperationRecord> => watch.start(startable, (watched) => operations.start(watched));
  const held: (() => void)[] = [watch.follow(() => ({ operations: operations.load, parts: pool.waiting }))];
  return {
    config,
    artifacts,
    operations,
    logger,
    startJob: async (job, request, tenant) => start(jobOperation(job, request, { artifacts, pool }, tenant)),
    start,
    onResume: (job, resume) => void others.set(job, resume),
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

function factsOf({ digest, job, epoch, tenant }: OperationRecord): Record<string, unknown> {
  return { operation: digest, job, epoch, tenant };
}

/** The share of JavaScript's memory that is used. */
function memoryTaken(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}

function logEnd(logger: Logger, { record, thrown, notKept }: Ending): void {
  const { digest, job, state, result, progress } = record;
  const facts = { operation: digest, job, state, result, parts: progress.partsTotal, reused: progress.partsReused };
  if (state === 'FAILED') logger.error({ ...facts, error: thrown }, 'operation failed');
  else logger.info(facts, 'operation ended');
  if (notKept !== undefined) logger.error({ ...facts, error: notKept }, 'the end of an operation could not be written to the store');
}
