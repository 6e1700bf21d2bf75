import { parentPort } from 'node:worker_threads';
import { packError, type ThreadAnswer, type ThreadMessage } from './thread-message.js';

/**
 * The body of a thread of a `ThreadGroup`: does what it is sent.
 *
 * @param run does one piece of work; is not called again before it has ended
 * @param close ends what the work may have left running; the thread ends thereafter
 */
export function serveWork<Work, Result>(run: (work: Work) => Promise<Result>, close: () => Promise<void>): void {
  const port = parentPort!;
  port.on('message', (message: ThreadMessage<Work>) => {
    if (message === 'close') {
      void close()
        .catch(() => undefined)
        .then(() => port.postMessage('closed'));
      return;
    }
    const { id } = message;
    const fail = (thrown: unknown): void => port.postMessage({ id, ok: false, error: packError(thrown) } satisfies ThreadAnswer<Result>);
    void run(message.work)
      .then((value) => port.postMessage({ id, ok: true, value } satisfies ThreadAnswer<Result>))
      .catch(fail); // also where the value cannot be sent
  });
}
