/** Runs one job of a store as a service would: in the worker pool, with all threads. */
import { channel } from 'node:diagnostics_channel';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const { ArtifactStore } = require('@fathom/artifacts');
const { jobOperation, WorkerPool } = require('@fathom/operations');
const { openStore } = require('@fathom/store');

/**
 * Runs a job and throws away what an earlier run left of it, so that it is computed.
 * Threads are started, and their engines proven, before the clock runs: a service does that once.
 * @returns {Promise<{ artifact: object, seconds: number, parts: number[] }>} with the seconds of each part, in the order in which they ended
 */
export async function runJob(store, job, request, threads = availableParallelism()) {
  for (const folder of ['results', 'parts']) rmSync(join(store, folder), { recursive: true, force: true });
  const artifacts = new ArtifactStore(openStore({ location: store }));
  const pool = new WorkerPool({ location: store }, { threads });
  const parts = [];
  const onWork = ({ action, seconds }) => void (action === 'part' && parts.push(seconds));
  const operation = () => jobOperation(job, request, { artifacts, pool });
  const execution = { signal: new AbortController().signal, report: () => undefined };
  try {
    await warmUp(pool, operation(), job);
    channel('fathom:work').subscribe(onWork);
    const began = process.hrtime.bigint();
    const digest = await operation().run(execution);
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    return { artifact: await artifacts.open(digest), seconds, parts };
  } finally {
    channel('fathom:work').unsubscribe(onWork);
    await pool.close();
  }
}

/** Has every thread that the job needs answer once. A crew that nobody needs is not started: its hands would still be at it when the clock runs. */
async function warmUp(pool, { digest, request }, { name, crewed: needsCrew = false }) {
  const cells = () => ({ cancelFlag: new SharedArrayBuffer(4), done: new SharedArrayBuffer(4) });
  const nothing = { job: name, request, requestDigest: digest, action: { type: 'plan' } };
  await Promise.all(
    [...(needsCrew ? [true] : []), ...Array.from({ length: pool.threads }, () => false)].map((crewed) =>
      pool.run({ ...nothing, crewed, ...cells() }),
    ),
  );
}

/** What every measurement of ours ends with: one line of JSON, with this process's peak memory. */
export function report(figures) {
  console.log(JSON.stringify({ ...figures, peakMemory: process.resourceUsage().maxRSS * 1024 }));
}

/** Wall time of `work`, in seconds, and what it returned. */
export async function timed(work) {
  const began = process.hrtime.bigint();
  const result = await work();
  return { seconds: Number(process.hrtime.bigint() - began) / 1e9, result };
}
