import { performance } from 'node:perf_hooks';

/** Bounds of {@link Recent}. */
export interface RecentOptions {
  /** How long, in milliseconds, something is told without a look whether it is still so. @default 4,000 */
  readonly keepMs?: number;
  /** Sum of the weights that are kept. @default 16 MiB */
  readonly most?: number;
  /** Milliseconds of a clock that never goes back. @default that of the process */
  readonly now?: () => number;
}

interface Kept<T> {
  readonly value: T;
  readonly weight: number;
  readonly readAt: number;
  isBeingRead: boolean;
}

/**
 * What was read a moment ago and does not change, unless somebody removes it: many who ask for the same cost one read. What is asked for
 * all the time is read again in the background, before it is too old, so that nobody waits for it.
 */
export class Recent<T> {
  /** In the order of use, the last used at the end. */
  private readonly kept = new Map<string, Kept<T>>();
  private readonly keepMs: number;
  private readonly most: number;
  private readonly now: () => number;
  private sum = 0;
  private drops = 0;

  /** @param weigh bytes that a value takes, about; undefined for one that may change */
  constructor(
    private readonly weigh: (value: T) => number | undefined,
    { keepMs = 4_000, most = 16 * 2 ** 20, now = () => performance.now() }: RecentOptions = {},
  ) {
    [this.keepMs, this.most, this.now] = [keepMs, most, now];
  }

  /** What is there under a key, as it is now or was at most `keepMs` ago. */
  async get(key: string, read: () => Promise<T>): Promise<T> {
    const found = this.kept.get(key);
    const age = found === undefined ? Infinity : this.now() - found.readAt;
    if (found === undefined || age >= this.keepMs) return this.read(key, read);
    this.kept.delete(key);
    this.kept.set(key, found);
    if (age >= this.keepMs / 2 && !found.isBeingRead) {
      found.isBeingRead = true;
      this.read(key, read).catch(() => this.drop(key)); // whoever asks next is told why
    }
    return found.value;
  }

  /** Forgets what is there under a key, and what is on its way. */
  drop(key: string): void {
    this.drops += 1;
    this.remove(key);
  }

  private remove(key: string): void {
    this.sum -= this.kept.get(key)?.weight ?? 0;
    this.kept.delete(key);
  }

  private async read(key: string, read: () => Promise<T>): Promise<T> {
    const { drops } = this;
    const readAt = this.now(); // it may be removed while it is on its way
    const value = await read();
    if (drops !== this.drops) return value;
    this.remove(key);
    const weight = this.weigh(value);
    if (weight === undefined || weight > this.most) return value;
    this.kept.set(key, { value, weight, readAt, isBeingRead: false });
    this.sum += weight;
    for (const oldest of this.kept.keys()) {
      if (this.sum <= this.most) break;
      this.remove(oldest);
    }
    return value;
  }
}
