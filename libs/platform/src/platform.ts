import { jobNamed, type Job } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import {
  jobOperation,
  OperationRecords,
  OperationRunner,
  type Ending,
  type OperationRecord,
  type Places,
  type RunnerOptions,
  type Startable,
  type WorkerPool,
} from '@fathom/operations';
import type { Logger } from '@fathom/service-kit';
import type { ObjectStore } from '@fathom/store';
import type { Config } from './config.js';
import type { OperationWatch } from './operation-watch.js';

/** What the services of one process have for one tenant: nothing that can be reached through it is another's. */
export interface Platform {
  readonly config: Config;
  /** Whose it is; of everybody where callers have no tokens. */
  readonly tenant: string;
  readonly artifacts: ArtifactStore;
  readonly operations: OperationRunner;
  readonly logger: Logger;
  /** Starts, joins or resumes a job for a request. Throws the job's InputError where the request is wrong. */
  readonly startJob: <Request>(job: Job<Request>, request: Request) => Promise<OperationRecord>;
  /** Starts work that is no job, such as a study. */
  start(startable: Startable): Promise<OperationRecord>;
  /** Says how to go on with work that is no job, where another process has left it. */
  onResume(job: string, resume: (record: OperationRecord) => Startable): void;
  /** Has something let go of when the platform closes, after its operations have stopped. */
  onClose(letGo: () => void): void;
  /** Stops what runs, and keeps its finished parts. */
  close(): Promise<void>;
}

/** What the platforms of all tenants share. */
export interface PlatformParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly watch: OperationWatch;
  readonly pool: WorkerPool;
  readonly places: Places;
  /** Tells which jobs' operations are this process's own: others share the store. */
  readonly owns: RunnerOptions['owns'];
  /** Bytes of what was read lately that are kept in memory, twice. */
  readonly recentBytes: number;
}

/** A tenant's platform over the objects that are its own. */
export function openPlatform(tenant: string, objects: ObjectStore, { config, logger, watch, pool, places, ...parts }: PlatformParts): Platform {
  const recent = { most: parts.recentBytes };
  const artifacts = new ArtifactStore(objects, recent);
  const operations = new OperationRunner(new OperationRecords(objects, recent), {
    places,
    leaseMs: config.leaseMs,
    resume: (record) => watch.watched(resumeOf(record)),
    onTakeOver: (record, from) => logger.warn(factsOf(record), `operation taken over from a process that was silent for ${from.leaseMs} ms`),
    onLost: (record, why) => watch.ended(record, () => logger.warn(factsOf(record), `operation stopped here: ${why}`), 'LOST'),
    ...(parts.owns ? { owns: parts.owns } : {}),
    onEnd: (ending) => watch.ended(ending.record, () => logEnd(logger, ending)),
  });
  const others = new Map<string, (record: OperationRecord) => Startable>();
  const startable = <Request>(job: Job<Request>, request: Request): Startable => jobOperation(job, request, { artifacts, pool }, tenant);
  const resumeOf = (record: OperationRecord): Startable => {
    const other = others.get(record.job);
    if (other) return other(record);
    const job = jobNamed(record.job);
    return startable(job, job.codec.fromJSON(record.request));
  };
  const start = (begun: Startable): Promise<OperationRecord> => watch.start(begun, (watched) => operations.start(watched));
  const held: (() => void)[] = [];
  return {
    config,
    tenant,
    artifacts,
    operations,
    logger,
    startJob: async (job, request) => start(startable(job, request)),
    start,
    onResume: (job, resume) => void others.set(job, resume),
    onClose: (letGo) => void held.push(letGo),
    close: async () => {
      await operations.close();
      for (const letGo of held.splice(0)) letGo();
    },
  };
}

function factsOf({ digest, job, epoch, tenant }: OperationRecord): Record<string, unknown> {
  return { operation: digest, job, epoch, tenant };
}

function logEnd(logger: Logger, { record, thrown, notKept }: Ending): void {
  const { digest, job, tenant, state, result, progress } = record;
  const facts = { operation: digest, job, tenant, state, result, parts: progress.partsTotal, reused: progress.partsReused };
  if (state === 'FAILED') logger.error({ ...facts, error: thrown }, 'operation failed');
  else logger.info(facts, 'operation ended');
  if (notKept !== undefined) logger.error({ ...facts, error: notKept }, 'the end of an operation could not be written to the store');
}
