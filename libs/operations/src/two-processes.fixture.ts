import type { AdmissionLimits } from './admission.js';
import { ManualClock, settled } from './manual-clock.fixture.js';
import type { OperationRecord } from './operation-record.js';
import type { OperationRunner } from './operation-runner.js';
import type { RunnerOptions } from './runner-options.js';
import { runnerOn, type seenBy, sharedStore, Work } from './work.fixture.js';

/** How long a holder may be silent in these tests. */
export const LEASE_MS = 8_000;

/** Runners that a test makes, to be closed after it. */
export function closedAfterEach(): OperationRunner[] {
  const runners: OperationRunner[] = [];
  afterEach(async () => {
    for (const runner of runners.splice(0)) await Promise.race([runner.close(), settled()]); // one that is dead waits forever
  });
  return runners;
}

/** Two processes with clocks of their own, on one store, each asked for work of its own. */
export function twoProcesses(runners: OperationRunner[], options: Partial<RunnerOptions & AdmissionLimits> = {}) {
  const { store, a, b } = sharedStore();
  const processOf = (seen: ReturnType<typeof seenBy>) => {
    const [clock, work] = [new ManualClock(), new Work()];
    const made = runnerOn(seen.store, { clock, leaseMs: LEASE_MS, ...options });
    runners.push(made.runner);
    return { ...made, ...seen, clock, work };
  };
  const [one, two] = [processOf(a), processOf(b)];
  return { store, one, two, advance: (ms: number) => advance([one.clock, two.clock], ms) };
}

/** Lets time pass for all, in small steps. */
export async function advance(clocks: readonly ManualClock[], milliseconds: number): Promise<void> {
  for (let done = 0; done < milliseconds; done += 250) for (const clock of clocks) await clock.advance(Math.min(250, milliseconds - done));
}

/** What a watcher saw, in short. */
export const states = (records: readonly OperationRecord[]): string[] => records.map(({ state, epoch }) => `${epoch} ${state}`);
