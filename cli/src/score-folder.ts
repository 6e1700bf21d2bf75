import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FathomError, restoreError } from '@fathom/errors';
import type { ScoreMessage, ScoreTask } from './score-message.js';

/** The messages of a scoring thread that come before its end. */
export type ScoreProgress = Exclude<ScoreMessage, { type: 'scores' | 'error' }>;

/** Scores a folder of arrays in threads. Returns the scores as JSON. An abort stops them at the next block or task: they cannot be cut off in an engine. */
export function scoreFolder(task: Omit<ScoreTask, 'cancelFlag'>, signal: AbortSignal, onProgress: (message: ScoreProgress) => void): Promise<string> {
  const cancelFlag = new SharedArrayBuffer(4);
  const worker = new Worker(join(__dirname, 'score-worker.js'), { workerData: { ...task, cancelFlag } satisfies ScoreTask });
  const stop = (): void => void Atomics.store(new Int32Array(cancelFlag), 0, 1);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return new Promise<string>((resolve, reject) => {
    worker.on('message', (message: ScoreMessage) => {
      if (message.type === 'scores') resolve(message.json);
      else if (message.type === 'error') reject(signal.aborted ? new FathomError('CANCELLED', 'interrupted') : restoreError(message));
      else onProgress(message);
    });
    worker.on('error', reject);
    worker.on('exit', (code) =>
      reject(
        signal.aborted ? new FathomError('CANCELLED', 'interrupted') : new FathomError('INTERNAL', `the thread that scores ended with code ${code}`),
      ),
    );
  }).finally(() => signal.removeEventListener('abort', stop));
}
