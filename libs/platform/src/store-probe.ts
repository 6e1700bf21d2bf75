import { setTimeout as pause } from 'node:timers/promises';
import type { ObjectStore } from '@fathom/store';

/** How often a store is asked, and how long it may take. */
export interface ProbeTimes {
  /** Milliseconds between two questions. @default 2,000 */
  readonly everyMs?: number;
  /** Milliseconds until a store counts as away. @default 2,000 */
  readonly withinMs?: number;
}

/** No such object is ever stored: that there is none is the answer. */
const PROBE = 'health-probe';

/** Tells again and again whether a store answers, one question at a time, until `signal` aborts. Never rejects; settles once the last question is answered. */
export async function probeStore(
  store: Pick<ObjectStore, 'head'>,
  signal: AbortSignal,
  tell: (answers: boolean) => void,
  { everyMs = 2_000, withinMs = 2_000 }: ProbeTimes = {},
): Promise<void> {
  const told = (answers: boolean): void => {
    if (!signal.aborted) tell(answers);
  };
  const paused = (ms: number): Promise<boolean> => pause(ms, false, { signal, ref: false }).catch(() => false);
  while (!signal.aborted) {
    const answer = store.head(PROBE).then(
      () => true,
      () => false,
    );
    told(await Promise.race([answer, paused(withinMs)]));
    told(await answer);
    await paused(everyMs);
  }
}
