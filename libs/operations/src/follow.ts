import type { LiveOperation } from './live-operation.js';
import type { MonotonicClock } from './monotonic-clock.js';
import { hasEnded, type OperationRecord, type OperationRecords, type SeenRecord } from './operation-record.js';

/** Who follows, and what it does about a dead holder. */
export interface Following {
  readonly records: Pick<OperationRecords, 'read'>;
  readonly clock: MonotonicClock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Whether the holder is known to be dead. */
  readonly isDead: (record: OperationRecord) => boolean;
  /** Claims the next epoch, if nobody else does. */
  readonly takeOver: (seen: SeenRecord) => Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Shows what the holder of an operation writes, until the operation has ended or runs here. The store is read every 250 ms to 1 s while
 * somebody watches, else twice in the time that the holder may be silent. Where the heartbeat stands still for that time, as counted here
 * by looks that succeeded, the holder is dead. Never rejects.
 */
export async function follow(live: LiveOperation, { records, clock, signal, isDead, takeOver }: Following): Promise<void> {
  const { digest } = live.record;
  let beat = '';
  let stillMs = 0;
  let growingMs = FIRST_PAUSE_MS;
  while (!signal.aborted && !live.lease && !hasEnded(live.record.state)) {
    const pauseMs = live.watchers > 0 ? growingMs : Math.max(growingMs, live.record.leaseMs / 2);
    growingMs = Math.min(LONGEST_PAUSE_MS, growingMs * 1.5);
    const before = clock.now();
    if (await pauseUnlessWatched(live, pauseMs, clock, signal)) growingMs = FIRST_PAUSE_MS;
    if (signal.aborted || live.lease) return;
    try {
      const seen = await records.read(digest, signal);
      if (seen === undefined) {
        live.show(live.changed({ state: 'INTERRUPTED' })); // somebody has removed it
        return;
      }
      const { record } = seen;
      live.show(record);
      // A reader that was itself stopped has seen nothing of that time.
      stillMs = beat === `${record.epoch}/${record.beat}` ? stillMs + Math.min(clock.now() - before, 2 * pauseMs) : 0;
      beat = `${record.epoch}/${record.beat}`;
      if (!hasEnded(record.state) && (isDead(record) || stillMs >= record.leaseMs)) await takeOver(seen);
    } catch {
      // The store is away, or this process has no place for it now: later.
    }
  }
}

/** Pauses; whether somebody began to watch meanwhile, which ends it. */
async function pauseUnlessWatched(live: LiveOperation, milliseconds: number, clock: MonotonicClock, signal: AbortSignal): Promise<boolean> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  let isWatched = false;
  live.whenWatched(() => {
    isWatched = true;
    stop();
  });
  signal.addEventListener('abort', stop, { once: true });
  await clock.pause(milliseconds, end.signal);
  signal.removeEventListener('abort', stop);
  live.whenWatched(() => undefined);
  return isWatched;
}
