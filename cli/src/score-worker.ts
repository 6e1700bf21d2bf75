import { parentPort, workerData } from 'node:worker_threads';
import { openScoreInputs, scoreArrays } from '@fathom/analyses';
import { FathomError } from '@fathom/errors';
import type { ScoreMessage } from './score-message.js';

/** The body of the thread that scores a folder of arrays, so that the command can be interrupted within any computation. */
const tell = (message: ScoreMessage): void => parentPort!.postMessage(message);

async function score(folder: string): Promise<void> {
  const inputs = await openScoreInputs(folder);
  try {
    tell({ type: 'opened', layers: inputs.layerNames, checkpoints: inputs.checkpointNames ?? [], features: inputs.codes.columns });
    const progress = (done: number, total: number): void => tell({ type: 'progress', done, total });
    const scores = await scoreArrays(inputs, { throwIfCancelled: () => undefined, progress });
    tell({ type: 'scores', json: `${JSON.stringify(scores, null, 1)}\n` });
  } finally {
    await inputs.close();
  }
}

score(workerData as string).catch((thrown: unknown) => {
  const { reason, message, metadata } = FathomError.from(thrown);
  tell({ type: 'error', reason, message, metadata });
});
