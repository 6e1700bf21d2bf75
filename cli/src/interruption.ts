import { cancelled } from '@fathom/errors';

/** Ctrl-C and SIGTERM as an abort signal. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to the system. */
  release(): void;
}

/** How long after the first signal the process ends in any case, in milliseconds; what is stored is whole at any time. */
const LATEST_END_MS = 1_800;
const INTERRUPTED = 130;

/** Aborts on the first SIGINT or SIGTERM; ends the process when the work has not stopped soon after, or on a second signal. */
export function watchInterruption(): Interruption {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(INTERRUPTED);
    abort.abort(cancelled());
    timer = setTimeout(() => process.exit(INTERRUPTED), LATEST_END_MS);
    timer.unref();
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
