import type { Job } from '@fathom/analyses';
import type { ArtifactStore } from '@fathom/artifacts';
import type { Json } from '@fathom/tensors';
import { FathomError } from '@fathom/errors';
import { canonicalJson } from '@fathom/tensors';
import { createHash } from 'node:crypto';
import type { Execution, Startable } from './operation-runner.js';
import type { WorkerPool } from './worker-pool.js';

/** A job's request as an operation. Throws the job's InputError where the request is wrong. */
export function jobOperation<Request>(job: Job<Request>, request: Request, where: { artifacts: ArtifactStore; pool: WorkerPool }): Startable {
  const json = job.codec.toJSON(job.normalise(request)) as Json;
  const digest = requestDigest(job.name, json);
  return { digest, job: job.name, request: json, run: (execution) => runJob(job.name, json, digest, where, execution) };
}

/** SHA-256 of the canonical form of a job's name and its normalised request. */
export function requestDigest(job: string, request: Json): string {
  return createHash('sha256').update(canonicalJson({ job, request })).digest('hex');
}

/** Runs all parts of a job that are not finished yet, then puts them together. Returns the content digest of the result. */
async function runJob(
  job: string,
  request: Json,
  digest: string,
  { artifacts, pool }: { artifacts: ArtifactStore; pool: WorkerPool },
  execution: Execution,
): Promise<string> {
  const known = await knownResult(artifacts, digest);
  if (known !== undefined) return known;
  const cancelFlag = new SharedArrayBuffer(4);
  const raise = (): void => void Atomics.store(new Int32Array(cancelFlag), 0, 1);
  execution.signal.addEventListener('abort', raise, { once: true });
  if (execution.signal.aborted) raise();
  const message = { job, request, requestDigest: digest, cancelFlag };
  try {
    execution.report({ stage: 'planning' });
    const parts = (await pool.run({ ...message, action: { type: 'plan' } })) as string[];
    const missing: string[] = [];
    for (const part of parts) if ((await artifacts.part(digest, part)) === undefined) missing.push(part);
    await runParts(missing, parts.length, pool, message, execution);
    execution.report({ stage: 'putting together', secondsLeft: -1 });
    const result = (await pool.run({ ...message, action: { type: 'finish', parts } })) as string;
    await artifacts.setResult(digest, result);
    return result;
  } finally {
    execution.signal.removeEventListener('abort', raise);
  }
}

async function runParts(
  missing: readonly string[],
  total: number,
  pool: WorkerPool,
  message: Omit<Parameters<WorkerPool['run']>[0], 'action'>,
  execution: Execution,
): Promise<void> {
  const reused = total - missing.length;
  const begun = process.hrtime.bigint();
  let done = 0;
  execution.report({ stage: 'computing', partsDone: reused, partsReused: reused, partsTotal: total });
  const queue = [...missing];
  const lane = async (): Promise<void> => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      await pool.run({ ...message, action: { type: 'part', part } });
      done += 1;
      const rate = done / (Number(process.hrtime.bigint() - begun) / 1e9);
      execution.report({ partsDone: reused + done, partsPerSecond: rate, secondsLeft: (missing.length - done) / rate });
    }
  };
  const lanes = await Promise.allSettled(
    Array.from({ length: pool.threads }, () =>
      lane().catch((error: unknown) => {
        queue.length = 0;
        throw error;
      }),
    ),
  );
  const failed = lanes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** The stored result of an equal request, if its artifact can still be opened. */
async function knownResult(artifacts: ArtifactStore, digest: string): Promise<string | undefined> {
  const known = await artifacts.result(digest);
  if (known === undefined) return undefined;
  try {
    return (await artifacts.open(known)).digest;
  } catch (error) {
    if (FathomError.from(error).reason === 'NOT_FOUND') return undefined;
    throw error;
  }
}
