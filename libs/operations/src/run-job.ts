import type { Job } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import { FathomError } from '@fathom/errors';
import { stoppableStore } from '@fathom/store';
import { canonicalJson, type Json } from '@fathom/tensors';
import { createHash } from 'node:crypto';
import type { Execution, Startable } from './startable.js';
import type { JobMessage } from './job-message.js';
import { PartProgress } from './part-progress.js';
import type { WorkerPool } from './worker-pool.js';

/** Where a job's artifacts are, and which threads run it. */
interface Where {
  readonly artifacts: ArtifactStore;
  readonly pool: Pick<WorkerPool, 'run' | 'threads'>;
}

/** Has one action of a job done in a worker thread, which tells in `done` how far it is. */
type Ask = (action: JobMessage['action'], done?: SharedArrayBuffer) => Promise<Json>;

/** A job's request as an operation. Throws the job's InputError where the request is wrong. */
export function jobOperation<Request>(job: Job<Request>, request: Request, where: Where, tenant = ''): Startable {
  const json = job.codec.toJSON(job.normalise(request)) as Json;
  const digest = requestDigest(job, json);
  return {
    digest,
    job: job.name,
    request: json,
    tenant,
    coordinates: false,
    run: (execution) => runJob(job, json, { digest, tenant }, where, execution),
    isKept: (result) => isKept(where.artifacts, result),
  };
}

/** SHA-256 of the canonical form of a job's name and revision and its normalised request. */
export function requestDigest({ name, revision }: { readonly name: string; readonly revision: number }, request: Json): string {
  return createHash('sha256')
    .update(canonicalJson({ job: name, request, revision }))
    .digest('hex');
}

/** Runs all parts of a job that are not finished yet, then puts them together. Returns the content digest of the result. */
async function runJob<Request>(
  job: Job<Request>,
  request: Json,
  { digest, tenant }: { digest: string; tenant: string },
  where: Where,
  execution: Execution,
): Promise<string> {
  const { pool } = where;
  const artifacts = new ArtifactStore(stoppableStore(where.artifacts.objects, () => execution.signal));
  const known = await artifacts.result(digest);
  if (known !== undefined && (await isKept(artifacts, known))) return known;
  const cancelFlag = new SharedArrayBuffer(4);
  const raise = (): void => void Atomics.store(new Int32Array(cancelFlag), 0, 1);
  execution.signal.addEventListener('abort', raise, { once: true });
  if (execution.signal.aborted) raise();
  const ask: Ask = (action, done = new SharedArrayBuffer(4)) => {
    const crewed = job.crewed === true && action.type !== 'plan';
    return pool.run({ job: job.name, request, requestDigest: digest, tenant, cancelFlag, done, action, crewed }, execution.signal);
  };
  try {
    execution.report({ stage: 'planning' });
    const parts = (await ask({ type: 'plan' })) as string[];
    const missing: string[] = [];
    for (const part of parts) if ((await artifacts.part(digest, part)) === undefined) missing.push(part);
    await runParts(missing, parts.length, job.crewed === true ? 1 : pool.threads, ask, execution);
    execution.report({ stage: 'putting together', secondsLeft: -1 });
    const result = (await ask({ type: 'finish', parts })) as string;
    return await artifacts.setResult(digest, result);
  } finally {
    execution.signal.removeEventListener('abort', raise);
  }
}

async function runParts(missing: readonly string[], total: number, lanes: number, ask: Ask, execution: Execution): Promise<void> {
  const progress = new PartProgress(total, missing.length, (seen) => execution.report(seen));
  const queue = [...missing];
  const lane = async (): Promise<void> => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      const action = { type: 'part', part, mayBeThere: execution.epoch > 1 } as const;
      await progress.follow((done) => ask(action, done));
    }
  };
  const ends = await Promise.allSettled(
    Array.from({ length: lanes }, () =>
      lane().catch((error: unknown) => {
        queue.length = 0;
        throw error;
      }),
    ),
  );
  const failed = ends.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Whether an artifact is there, or was a few seconds ago. */
export async function isKept(artifacts: ArtifactStore, digest: string): Promise<boolean> {
  try {
    await artifacts.look(digest);
    return true;
  } catch (error) {
    if (FathomError.from(error).reason === 'NOT_FOUND') return false;
    throw error;
  }
}
