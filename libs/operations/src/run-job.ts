import type { Job } from '@fathom/analyses';
import type { ArtifactStore } from '@fathom/artifacts';
import type { Json } from '@fathom/tensors';
import { FathomError } from '@fathom/errors';
import { canonicalJson } from '@fathom/tensors';
import { createHash } from 'node:crypto';
import type { Execution, Startable } from './startable.js';
import type { JobMessage } from './job-message.js';
import type { WorkerPool } from './worker-pool.js';

/** Where a job's artifacts are, and which threads run it. */
interface Where {
  readonly artifacts: ArtifactStore;
  readonly pool: Pick<WorkerPool, 'run' | 'threads'>;
}

/** Has one action of a job done in a worker thread. */
type Ask = (action: JobMessage['action']) => Promise<Json>;

/** A job's request as an operation. Throws the job's InputError where the request is wrong. */
export function jobOperation<Request>(job: Job<Request>, request: Request, where: Where): Startable {
  const json = job.codec.toJSON(job.normalise(request)) as Json;
  const digest = requestDigest(job.name, json);
  return {
    digest,
    job: job.name,
    request: json,
    coordinates: false,
    run: (execution) => runJob(job.name, json, digest, where, execution),
    isKept: (result) => isKept(where.artifacts, result),
  };
}

/** SHA-256 of the canonical form of a job's name and its normalised request. */
export function requestDigest(job: string, request: Json): string {
  return createHash('sha256').update(canonicalJson({ job, request })).digest('hex');
}

/** Runs all parts of a job that are not finished yet, then puts them together. Returns the content digest of the result. */
async function runJob(job: string, request: Json, digest: string, { artifacts, pool }: Where, execution: Execution): Promise<string> {
  const known = await artifacts.result(digest);
  if (known !== undefined && (await isKept(artifacts, known))) return known;
  const cancelFlag = new SharedArrayBuffer(4);
  const raise = (): void => void Atomics.store(new Int32Array(cancelFlag), 0, 1);
  execution.signal.addEventListener('abort', raise, { once: true });
  if (execution.signal.aborted) raise();
  const ask: Ask = (action) => pool.run({ job, request, requestDigest: digest, cancelFlag, action }, execution.signal);
  try {
    execution.report({ stage: 'planning' });
    const parts = (await ask({ type: 'plan' })) as string[];
    const missing: string[] = [];
    for (const part of parts) if ((await artifacts.part(digest, part)) === undefined) missing.push(part);
    await runParts(missing, parts.length, pool.threads, ask, execution);
    execution.report({ stage: 'putting together', secondsLeft: -1 });
    const result = (await ask({ type: 'finish', parts })) as string;
    return await artifacts.setResult(digest, result);
  } finally {
    execution.signal.removeEventListener('abort', raise);
  }
}

async function runParts(missing: readonly string[], total: number, lanes: number, ask: Ask, execution: Execution): Promise<void> {
  const reused = total - missing.length;
  const begun = process.hrtime.bigint();
  let done = 0;
  execution.report({ stage: 'computing', partsDone: reused, partsReused: reused, partsTotal: total });
  const queue = [...missing];
  const lane = async (): Promise<void> => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      await ask({ type: 'part', part });
      done += 1;
      const rate = done / (Number(process.hrtime.bigint() - begun) / 1e9);
      execution.report({ partsDone: reused + done, partsPerSecond: rate, secondsLeft: (missing.length - done) / rate });
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

/** Whether an artifact is still there. */
export async function isKept(artifacts: ArtifactStore, digest: string): Promise<boolean> {
  try {
    await artifacts.open(digest);
    return true;
  } catch (error) {
    if (FathomError.from(error).reason === 'NOT_FOUND') return false;
    throw error;
  }
}
