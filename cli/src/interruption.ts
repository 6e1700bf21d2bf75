import { cancelled } from '@fathom/errors';
import { removeTemporaryFolders } from './temporary-folder.js';

/** Ctrl-C and SIGTERM as an abort signal. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

/** How long after the first signal the process ends in any case, in milliseconds; what is stored is whole at any time. */
const LATEST_END_MS = 1_500;

/** Aborts on the first SIGINT or SIGTERM; ends the process when the work has not stopped soon after, or on a second signal. */
export function watchInterruption(): Interruption {
  const abort = new AbortController();
  const release = (): void => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
  const end = (): void => {
    process.stderr.write('fathom: interrupted; run the same command again to go on\n');
    removeTemporaryFolders();
    release();
    // process.exit would tear down threads that are inside the engine, which aborts. The signal itself does not; to a shell it is code 130.
    process.kill(process.pid, 'SIGINT');
  };
  const onSignal = (): void => {
    if (abort.signal.aborted) return end();
    abort.abort(cancelled());
    setTimeout(end, LATEST_END_MS).unref();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { signal: abort.signal, release };
}
