import { FathomError } from './fathom-error.js';

/** How long work is watched and stopped. Loops over blocks of rows call both once a block. */
export interface Control {
  /** Throws a CANCELLED {@link FathomError} when the work should stop. Cheap: may be called once a block or sweep. */
  throwIfCancelled(): void;
  /** Tells how much is done. Units are the caller's (rows, images, classes). */
  progress(done: number, total: number): void;
}

/** Work that nobody watches and nobody stops. */
export const unwatched: Control = { throwIfCancelled: () => undefined, progress: () => undefined };

/** The error that stopped work throws. */
export function cancelled(what = 'the work'): FathomError {
  return new FathomError('CANCELLED', `${what} was cancelled`);
}
