import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FathomError, restoreError } from '@fathom/errors';
import type { ScoreMessage } from './score-message.js';

/** The messages of a scoring thread that come before its end. */
export type ScoreProgress = Exclude<ScoreMessage, { type: 'scores' | 'error' }>;

/** Scores a folder of arrays in a thread. Returns the scores as JSON; an abort ends the thread at once. */
export function scoreFolder(folder: string, signal: AbortSignal, onProgress: (message: ScoreProgress) => void): Promise<string> {
  const worker = new Worker(join(__dirname, 'score-worker.js'), { workerData: folder });
  const stop = (): void => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise<string>((resolve, reject) => {
    worker.on('message', (message: ScoreMessage) => {
      if (message.type === 'scores') resolve(message.json);
      else if (message.type === 'error') reject(restoreError(message));
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
