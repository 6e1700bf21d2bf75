import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, FathomError, type Reason } from '@fathom/errors';

/** How long a service that does not answer is waited for, in milliseconds. */
const MOST_MS = 120_000;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** Longest pause that a busy service's advice is followed for. */
const LONGEST_ADVISED_MS = 60_000;

/** What passes by itself. A service that is merely busy is waited for without limit. */
const PASSING: readonly Reason[] = ['UNAVAILABLE', 'STORE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'];

/** Waits between attempts, longer and longer, until there is no hope. */
export class Patience {
  private waitedMs = 0;
  private pauseMs = FIRST_PAUSE_MS;

  /**
   * @param signal ends a wait with CANCELLED
   * @param mostMs milliseconds to wait in all without {@link renew}
   * @param onWait told why, once for each time that it has to be waited
   */
  constructor(
    private readonly signal: AbortSignal,
    private readonly mostMs = MOST_MS,
    private readonly onWait: (why: FathomError) => void = () => undefined,
  ) {}

  /** Something went forward: what was waited so far no longer counts. */
  renew(): void {
    this.waitedMs = 0;
    this.pauseMs = FIRST_PAUSE_MS;
  }

  /** Waits before another attempt. Throws `why` where that would not pass, or has been waited for too long. */
  async spend(why: unknown): Promise<void> {
    if (this.signal.aborted) throw cancelled();
    const error = FathomError.from(why);
    const { reason, metadata } = error;
    const counts = reason !== 'RESOURCE_EXHAUSTED';
    if (!PASSING.includes(reason) || (counts && this.waitedMs >= this.mostMs)) throw why;
    if (this.pauseMs === FIRST_PAUSE_MS) this.onWait(error);
    const advisedMs = 1000 * Number(metadata['retryAfterSeconds'] ?? 0);
    await pause(Math.max(this.pauseMs, Math.min(LONGEST_ADVISED_MS, advisedMs)), undefined, { signal: this.signal }).catch(() => {
      throw cancelled();
    });
    if (counts) this.waitedMs += this.pauseMs;
    this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
  }
}

/** The answer of a call that may be repeated, from a service that may be away for a while. */
export async function patiently<T>(call: () => Promise<T>, patience: Patience): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      await patience.spend(error);
    }
  }
}
