import { cancelled } from '@fathom/errors';
import { EXIT } from './exit-code.js';

/** Ctrl-C and SIGTERM as an abort signal. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

/** How long after the first signal the process ends in any case, in milliseconds; what is stored is whole at any time. */
const LATEST_END_MS = 1_500;

/**
 * Aborts on the first SIGINT or SIGTERM; ends the process when the work has not stopped soon after, or on a second signal.
 * Ending it joins the worker threads, each of which may still have a batch of images in the engine.
 */
export function watchInterruption(): Interruption {
  const abort = new AbortController();
  const end = (): never => {
    process.stderr.write('fathom: interrupted; run the same command again to go on\n');
    return process.exit(EXIT.INTERRUPTED);
  };
  const onSignal = (): void => {
    if (abort.signal.aborted) end();
    abort.abort(cancelled());
    setTimeout(end, LATEST_END_MS).unref();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: abort.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
