import { workerData } from 'node:worker_threads';
import { jobContext, jobNamed, releaseKept, type Job, type JobContext } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import { productEngine } from '@fathom/engines';
import { FathomError, stoppedBy, type Control } from '@fathom/errors';
import { openStore } from '@fathom/store';
import type { Json } from '@fathom/tensors';
import type { JobMessage } from './job-message.js';
import { keptWhileNeeded } from './kept-while-needed.js';
import { countedStore, countEngineTime } from './process-ledger.js';
import { publishOutput } from './publish-output.js';
import { serveWork } from './serve-work.js';
import { singleCrew } from './single-crew.js';
import { threadCrew, type ThreadCrew } from './thread-crew.js';
import type { JobThread } from './worker-pool.js';

/** The body of a worker thread: it runs plans, parts and finishes of jobs, one at a time. */
const { store, engine, limits, hands } = workerData as JobThread;
countEngineTime();
const artifacts = new ArtifactStore(countedStore(openStore(store)));
const crew: Promise<ThreadCrew> = hands > 0 ? threadCrew({ hands, engine }) : productEngine(engine).then(singleCrew);
const starting = crew.then((mine) => jobContext(artifacts, mine, limits));
starting.catch(() => undefined); // each piece of work tells of it
const kept = keptWhileNeeded(() => void starting.then(releaseKept, () => undefined));

/** How often it is looked whether the work is to stop while it waits for its crew. */
const LOOK_MS = 100;

serveWork<JobMessage, Json>(
  async (message) => {
    const control = controlOf(message);
    control.throwIfCancelled();
    const context = await starting;
    const stop = new AbortController();
    const look = setInterval(() => isCancelled(message) && stop.abort(), LOOK_MS);
    try {
      const mine = (await crew).until(stop.signal);
      return await kept(() => run(message, { ...context, control, crew: mine }), message.action.type === 'finish');
    } finally {
      clearInterval(look);
      stop.abort(); // what failed leaves no tasks behind
    }
  },
  async () => (await crew).close(),
);

async function run(message: JobMessage, context: JobContext): Promise<Json> {
  const job = jobNamed(message.job);
  const request = job.codec.fromJSON(message.request);
  switch (message.action.type) {
    case 'plan':
      return [...(await job.plan(request, context))];
    case 'part': {
      const result = await job.runPart(request, message.action.part, context);
      await artifacts.setPart(message.requestDigest, message.action.part, result);
      return null;
    }
    case 'finish':
      return finish(job, request, message, context, message.action.parts);
  }
}

async function finish(job: Job<unknown>, request: unknown, message: JobMessage, context: JobContext, names: readonly string[]): Promise<string> {
  const parts: Json[] = [];
  for (const name of names) {
    const part = await artifacts.part(message.requestDigest, name);
    if (part === undefined) throw new FathomError('CORRUPT_DATA', `part ${name} of ${message.job} was finished, and is gone`);
    parts.push(part);
  }
  const output = await job.finish(request, parts, context);
  return publishOutput(context, job, message, output);
}

function isCancelled({ cancelFlag }: JobMessage): boolean {
  return Atomics.load(new Int32Array(cancelFlag), 0) !== 0;
}

function controlOf(message: JobMessage): Control {
  const millionths = new Int32Array(message.done);
  return {
    ...stoppedBy(message.cancelFlag, message.job),
    progress: (done, total) => void Atomics.store(millionths, 0, total > 0 ? Math.round((1e6 * done) / total) : 0),
  };
}
