/** A signal that aborts after some time, or when another one does. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** To be called when what it was for has ended: it lets go of the timer and of the other signal. */
  readonly end: () => void;
}

/** In place of AbortSignal.any over AbortSignal.timeout, which the garbage collector of Node 20 takes while it is waited for: it then never aborts. */
export function deadline(milliseconds: number, other?: AbortSignal): Deadline {
  const controller = new AbortController();
  const follow = (): void => controller.abort(other?.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no end within ${milliseconds} ms`)), milliseconds);
  if (other?.aborted) follow();
  else other?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      other?.removeEventListener('abort', follow);
    },
  };
}
