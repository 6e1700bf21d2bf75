import { parentPort, workerData } from 'node:worker_threads';
import { openScoreInputs, scoreArrays } from '@fathom/analyses';
import { cancelled, FathomError, type Control } from '@fathom/errors';
import { threadCrew } from '@fathom/operations';
import type { ScoreMessage, ScoreTask } from './score-message.js';

/** The body of the thread that scores a folder of arrays with a crew of threads, so that the command can be interrupted within any computation. */
const tell = (message: ScoreMessage): void => parentPort!.postMessage(message);

async function score({ folder, bits, threads, engine, cancelFlag }: ScoreTask): Promise<ScoreMessage> {
  const flag = new Int32Array(cancelFlag);
  const control: Control = {
    throwIfCancelled: () => {
      if (Atomics.load(flag, 0) !== 0) throw cancelled();
    },
    progress: (done, total) => tell({ type: 'progress', done, total }),
  };
  const inputs = await openScoreInputs(folder, bits);
  try {
    tell({ type: 'opened', layers: inputs.layerNames, checkpoints: inputs.checkpointNames ?? [], features: inputs.codes.columns });
    const crew = await threadCrew({ hands: threads, engine });
    try {
      return { type: 'scores', json: `${JSON.stringify(await scoreArrays(inputs, crew.until(raised(flag)), control), null, 1)}\n` };
    } finally {
      await crew.close();
    }
  } finally {
    await inputs.close();
  }
}

/** Aborts soon after a flag is raised: tasks that wait are given up, so that what runs is all that an interruption waits for. */
function raised(flag: Int32Array): AbortSignal {
  const abort = new AbortController();
  const watch = setInterval(() => {
    if (Atomics.load(flag, 0) === 0) return;
    clearInterval(watch);
    abort.abort(cancelled());
  }, 50);
  watch.unref();
  return abort.signal;
}

void score(workerData as ScoreTask)
  .catch((thrown: unknown): ScoreMessage => {
    const { reason, message, metadata } = FathomError.from(thrown);
    return { type: 'error', reason, message, metadata };
  })
  .then(tell);
