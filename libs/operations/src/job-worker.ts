import { setMaxListeners } from 'node:events';
import { workerData } from 'node:worker_threads';
import { jobContext, jobNamed, type Job, type JobContext } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import { productEngine } from '@fathom/engines';
import { FathomError, stoppedBy, type Control } from '@fathom/errors';
import { openStore, stoppableStore, tenantStore } from '@fathom/store';
import type { Json } from '@fathom/tensors';
import { FOUND, type JobMessage } from './job-message.js';
import { keptWhileNeeded } from './kept-while-needed.js';
import { countedStore, countEngineTime } from './process-ledger.js';
import { forwardTroubles } from './process-troubles.js';
import { publishOutput } from './publish-output.js';
import { serveWork } from './serve-work.js';
import { singleCrew } from './single-crew.js';
import { TenantContexts } from './tenant-contexts.js';
import { threadCrew, type ThreadCrew } from './thread-crew.js';
import type { JobThread } from './worker-pool.js';

/** The body of a worker thread: it runs plans, parts and finishes of jobs, one at a time. */
const { store, perTenant, engine, limits, hands } = workerData as JobThread;
countEngineTime();
forwardTroubles();
/** Aborted when the work that is done now is cancelled. */
let cancelled: AbortSignal | undefined;
const objects = stoppableStore(countedStore(openStore(store)), () => cancelled);
const crew: Promise<ThreadCrew> = hands > 0 ? threadCrew({ hands, engine }) : productEngine(engine).then(singleCrew);
const contexts = crew.then(
  (mine) => new TenantContexts((tenant) => jobContext(new ArtifactStore(perTenant ? tenantStore(objects, tenant) : objects), mine, limits)),
);
contexts.catch(() => undefined); // each piece of work tells of it
const kept = keptWhileNeeded(() => void contexts.then((all) => all.release()).catch(() => undefined));

/** How often it is looked whether the work is to stop while it waits for its crew or the store. */
const LOOK_MS = 100;

serveWork<JobMessage, Json>(
  async (message) => {
    const control = controlOf(message);
    control.throwIfCancelled();
    const context = await (await contexts).of(perTenant ? message.tenant : '');
    const [cancel, end] = [new AbortController(), new AbortController()];
    setMaxListeners(0, cancel.signal); // one for each call of the store
    cancel.signal.addEventListener('abort', () => end.abort(), { once: true });
    cancelled = cancel.signal;
    const look = setInterval(() => isCancelled(message) && cancel.abort(), LOOK_MS);
    try {
      const mine = (await crew).until(end.signal);
      return await kept(() => run(message, { ...context, control, crew: mine }), message.action.type === 'finish');
    } finally {
      clearInterval(look);
      end.abort(); // what failed leaves no tasks behind
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
      const { part, mayBeThere = false } = message.action;
      // Not before it is this part's turn: it may have waited for others.
      if (mayBeThere && (await context.artifacts.part(message.requestDigest, part)) !== undefined) return FOUND;
      await context.artifacts.setPart(message.requestDigest, part, await job.runPart(request, part, context));
      return null;
    }
    case 'finish':
      return finish(job, request, message, context, message.action.parts);
  }
}

async function finish(job: Job<unknown>, request: unknown, message: JobMessage, context: JobContext, names: readonly string[]): Promise<string> {
  const parts: Json[] = [];
  for (const name of names) {
    const part = await context.artifacts.part(message.requestDigest, name);
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
