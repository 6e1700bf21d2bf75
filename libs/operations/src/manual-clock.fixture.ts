import type { MonotonicClock } from './monotonic-clock.js';

/** A clock that stands still until a test moves it on. */
export class ManualClock implements MonotonicClock {
  private time = 0;
  private readonly sleepers = new Map<() => void, number>();

  readonly now = (): number => this.time;

  readonly pause = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      if (signal?.aborted) return resolve();
      this.sleepers.set(wake, this.time + milliseconds);
      signal?.addEventListener('abort', wake, { once: true });
    });

  /** When the next sleeper wakes; Infinity where nobody sleeps. */
  get next(): number {
    return Math.min(Infinity, ...this.sleepers.values());
  }

  /** Moves to a later time at once, and wakes whoever is due. */
  jump(milliseconds: number): void {
    this.time += milliseconds;
    for (const [wake, due] of [...this.sleepers]) if (due <= this.time) wake();
  }

  /** Lets the time pass: everybody wakes in his turn, and does what he then does without waiting. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settled();
    while (this.next <= end) {
      this.jump(Math.max(0, this.next - this.time));
      await settled();
    }
    this.jump(end - this.time);
    await settled();
  }
}

/** Settles after everything that waits for nothing but promises. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
