import { onStoreTrouble } from '@fathom/operations';
import type { Logger } from '@fathom/service-kit';

/** A store that needs no call to be made again for so long is well. */
const WELL_MS = 10_000;

/** Tells in the log of a store in trouble: when it begins, and when it is over. Until what is returned is called. */
export function logStoreTrouble(logger: Logger): () => void {
  let begun = 0;
  let last = 0;
  let calls = 0;
  let over: NodeJS.Timeout | undefined;
  const tellEnd = (): void => {
    over = undefined;
    logger.info({ calls }, `the store answers again: ${calls} calls were made again within ${Math.ceil((last - begun) / 1000)} s`);
    calls = 0;
  };
  const leave = onStoreTrouble(({ store, doing, problem }) => {
    last = performance.now();
    if (calls === 0) {
      begun = last;
      logger.warn({ store }, `the store does not answer as it should, and is asked again: ${doing}: ${problem}`);
    }
    calls += 1;
    over?.refresh();
    over ??= setTimeout(tellEnd, WELL_MS).unref();
  });
  return () => {
    leave();
    clearTimeout(over);
  };
}
