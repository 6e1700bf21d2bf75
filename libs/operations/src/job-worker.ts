import { parentPort, workerData } from 'node:worker_threads';
import { jobNamed, jobContext, type Job, type JobContext } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import type { Json } from '@fathom/tensors';
import { cancelled, FathomError, type Control } from '@fathom/errors';
import { openStore, type StoreConfig } from '@fathom/store';
import { packError, type JobAnswer, type JobMessage } from './job-message.js';
import { publishOutput } from './publish-output.js';

/** The body of a worker thread: it runs plans, parts and finishes of jobs, one at a time. */
const artifacts = new ArtifactStore(openStore(workerData as StoreConfig));
const context = jobContext(artifacts);
const port = parentPort!;

port.on('message', (message: JobMessage) => {
  void run(message)
    .then((value): JobAnswer => ({ id: message.id, ok: true, value }))
    .catch((error: unknown): JobAnswer => ({ id: message.id, ok: false, error: packError(error) }))
    .then((answer) => port.postMessage(answer));
});

async function run(message: JobMessage): Promise<Json> {
  const job = jobNamed(message.job);
  const request = job.codec.fromJSON(message.request);
  const here: JobContext = { ...context, control: controlOf(message) };
  here.control.throwIfCancelled();
  switch (message.action.type) {
    case 'plan':
      return [...(await job.plan(request, here))];
    case 'part': {
      const result = await job.runPart(request, message.action.part, here);
      await artifacts.setPart(message.requestDigest, message.action.part, result);
      return null;
    }
    case 'finish':
      return finish(job, request, message, here, message.action.parts);
  }
}

async function finish(job: Job<unknown>, request: unknown, message: JobMessage, here: JobContext, names: readonly string[]): Promise<string> {
  const parts: Json[] = [];
  for (const name of names) {
    const part = await artifacts.part(message.requestDigest, name);
    if (part === undefined) throw new FathomError('CORRUPT_DATA', `part ${name} of ${message.job} was finished, and is gone`);
    parts.push(part);
  }
  const output = await job.finish(request, parts, here);
  return publishOutput(artifacts, job, message, output);
}

function controlOf(message: JobMessage): Control {
  const flag = new Int32Array(message.cancelFlag);
  return {
    throwIfCancelled: () => {
      if (Atomics.load(flag, 0) !== 0) throw cancelled(message.job);
    },
    progress: () => undefined,
  };
}
