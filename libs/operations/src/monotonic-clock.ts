import { setTimeout as pause } from 'node:timers/promises';

/** A clock that nobody sets: it tells durations, in milliseconds, and no time of day. */
export interface MonotonicClock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Settles after that many milliseconds, or when `signal` aborts. Never rejects. */
  pause(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this process. */
export const processClock: MonotonicClock = {
  now: () => performance.now(),
  pause: (milliseconds, signal) => pause(milliseconds, undefined, signal ? { signal } : {}).catch(() => undefined),
};
