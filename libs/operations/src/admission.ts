import { cancelled, FathomError } from '@fathom/errors';
import { FairQueue } from './fair-queue.js';
import type { MonotonicClock } from './monotonic-clock.js';

/** How many operations may run and wait. */
export interface AdmissionLimits {
  /** Operations that may run at once. */
  readonly maxRunning: number;
  /** Of these, operations of one tenant. @default all of them */
  readonly maxRunningPerTenant?: number;
  /** Operations of a tenant that may wait for their turn; more are refused. @default 0 */
  readonly maxWaiting?: number;
  /** How much of the memory that the process may use is taken, 0 to 1; from nine tenths on operations are refused. @default it is not looked at */
  readonly memoryTaken?: () => number;
}

/** An operation's place, or its place in the line. */
export interface Ticket {
  /** Whether it has to wait. */
  readonly waits: boolean;
  /** Settles when it is the operation's turn. @throws FathomError CANCELLED where `signal` aborts first */
  turn(signal: AbortSignal): Promise<void>;
  /** Gives the place up. To be called once, whatever happened. */
  leave(): void;
}

const MOST_MEMORY = 0.9;
/** Ends that an estimate of the wait rests on. */
const MOST_ENDS = 32;
const LONGEST_WAIT_SECONDS = 600;

interface Waiting {
  readonly tenant: string;
  isRunning: boolean;
  begin: () => void;
}

/** Decides which operations run, which wait, and which are refused. Tenants get their turns one after another. */
export class Admission {
  private readonly line = new FairQueue<Waiting>();
  private readonly running = new Map<string, number>();
  private total = 0;
  private refused = 0;
  /** When the last operations left their places. */
  private readonly ends: number[] = [];

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly clock: MonotonicClock,
  ) {}

  /** A place for an operation, now or later. @throws FathomError RESOURCE_EXHAUSTED with `retryAfterSeconds` where there is none */
  ticket(tenant: string): Ticket {
    const { memoryTaken, maxWaiting = 0 } = this.limits;
    if ((memoryTaken?.() ?? 0) >= MOST_MEMORY) throw this.refusal('the memory of the service is nearly used up');
    const own: Waiting = { tenant, isRunning: false, begin: () => undefined };
    if (this.mayRun(tenant)) this.begin(own);
    else if (this.line.sizeOf(tenant) < maxWaiting) this.line.add(tenant, own);
    else throw this.refusal(`${this.total} operations are running and ${this.line.sizeOf(tenant)} of yours are waiting, which is the limit`);
    return { waits: !own.isRunning, turn: (signal) => this.turn(own, signal), leave: () => this.leave(own) };
  }

  /** How many operations wait. */
  get waiting(): number {
    return this.line.size;
  }

  private async turn(own: Waiting, signal: AbortSignal): Promise<void> {
    const begun = new Promise<void>((resolve, reject) => {
      if (own.isRunning) resolve();
      own.begin = resolve;
      signal.addEventListener('abort', () => reject(cancelled('work that waited for its turn')), { once: true });
    });
    if (signal.aborted) throw cancelled('work that waited for its turn');
    await begun;
  }

  private leave(own: Waiting): void {
    if (this.line.remove(own.tenant, own) || !own.isRunning) return;
    own.isRunning = false;
    this.total -= 1;
    const ofTenant = (this.running.get(own.tenant) ?? 0) - 1;
    if (ofTenant > 0) this.running.set(own.tenant, ofTenant);
    else this.running.delete(own.tenant);
    this.ends.push(this.clock.now());
    if (this.ends.length > MOST_ENDS) this.ends.shift();
    this.refused = 0;
    while (this.total < this.limits.maxRunning) {
      const next = this.line.take((tenant) => this.mayRun(tenant));
      if (next === undefined) break;
      this.begin(next);
    }
    if (this.total === 0) this.ends.length = 0; // idle time is no measure of how long places take to become free
  }

  private begin(own: Waiting): void {
    own.isRunning = true;
    this.total += 1;
    this.running.set(own.tenant, (this.running.get(own.tenant) ?? 0) + 1);
    own.begin();
  }

  private mayRun(tenant: string): boolean {
    const { maxRunning, maxRunningPerTenant = maxRunning } = this.limits;
    return this.total < maxRunning && (this.running.get(tenant) ?? 0) < maxRunningPerTenant;
  }

  /** Each caller that is refused between two ends is told of a later one, so that they do not all come back at once. */
  private refusal(why: string): FathomError {
    this.refused += 1;
    const [first = 0, last = 0] = [this.ends[0], this.ends.at(-1)];
    const betweenEnds = (last - first) / Math.max(1, this.ends.length - 1) / 1000;
    const seconds = Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(betweenEnds * this.refused)));
    return new FathomError('RESOURCE_EXHAUSTED', `${why}; try again in ${seconds} s`, { metadata: { retryAfterSeconds: String(seconds) } });
  }
}
