/** How long what work has left behind is kept for the next, in milliseconds. */
const IDLE_MS = 10_000;

/**
 * Does pieces of work, one after another, that leave things behind for the next. They are let go after a piece that fails or is the last
 * of its kind, and where no other comes for ten seconds.
 */
export function keptWhileNeeded(release: () => void): <T>(work: () => Promise<T>, isLast: boolean) => Promise<T> {
  let idle: NodeJS.Timeout | undefined;
  return async (work, isLast) => {
    clearTimeout(idle);
    let isKept = false;
    try {
      const result = await work();
      isKept = !isLast;
      return result;
    } finally {
      if (isKept) idle = setTimeout(release, IDLE_MS).unref();
      else release();
    }
  };
}
