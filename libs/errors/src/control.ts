import { FathomError } from './fathom-error.js';

/** How long work is watched and stopped. Loops over blocks of rows call both once a block. */
export interface Control {
  /** Throws a CANCELLED {@link FathomError} when the work should stop. Cheap: may be called once a block or sweep. */
  throwIfCancelled(): void;
  /** Tells how much is done. Units are the caller's (rows, images, classes). */
  progress(done: number, total: number): void;
  /** The same for threads that do a part of the work: its first int32 is not 0 when the work should stop. @default they are not told */
  readonly stopFlag?: SharedArrayBuffer | undefined;
}

/** Work that nobody watches and nobody stops. */
export const unwatched: Control = { throwIfCancelled: () => undefined, progress: () => undefined };

/** Work in a thread that a flag stops, if there is one (see {@link Control.stopFlag}), and that nobody watches. */
export function stoppedBy(stopFlag: SharedArrayBuffer | undefined, what: string): Control {
  if (stopFlag === undefined) return unwatched;
  const flag = new Int32Array(stopFlag);
  const throwIfCancelled = (): void => {
    if (Atomics.load(flag, 0) !== 0) throw cancelled(what);
  };
  return { ...unwatched, throwIfCancelled, stopFlag };
}

/** The error that stopped work throws. */
export function cancelled(what = 'the work'): FathomError {
  return new FathomError('CANCELLED', `${what} was cancelled`);
}
