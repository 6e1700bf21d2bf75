import { FathomError } from '@fathom/errors';
import { memoryStore } from '@fathom/store';
import { ManualClock, settled } from './manual-clock.fixture.js';
import type { OperationRecord } from './operation-record.js';
import { advance, closedAfterEach, LEASE_MS, states, twoProcesses } from './two-processes.fixture.js';
import { all, keysOf, runnerOn, seenBy, Work } from './work.fixture.js';

const runners = closedAfterEach();

describe('a holder that dies', () => {
  it('is followed by whoever was asked for the same, in an epoch of its own, of which alone the record stays', async () => {
    const { store, one, two, advance } = twoProcesses(runners);
    const { sequence } = await one.runner.start(one.work.startable);
    for (let part = 1; part <= 50; part++) one.work.execution!.report({ partsDone: part });
    const shown = (await one.runner.get(one.work.name)).sequence;
    await two.runner.start(two.work.startable);
    one.is('dead');
    await advance(LEASE_MS - 500);
    expect(two.work.runs).toBe(0);
    await advance(LEASE_MS);
    expect(two.work.runs).toBe(1);
    const now = await two.runner.get(two.work.name);
    expect(now).toMatchObject({ state: 'RUNNING', epoch: 2 });
    expect(now.sequence).toBeGreaterThan(shown);
    expect(shown).toBeGreaterThan(sequence);
    expect(two.taken.map(({ epoch }) => epoch)).toEqual([2]);
    expect(await keysOf(store)).toEqual([`operations/${one.work.digest}/00000002`]);
    two.work.finish('sha256:1');
    await settled();
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'SUCCEEDED', epoch: 2 });
  });

  it.each(['get', 'wait', 'watch'] as const)('is followed by a process that is asked to %s, where it knows how to do the work', async (how) => {
    const work = new Work();
    const { one, two, advance } = twoProcesses(runners, { resume: ({ digest }) => (digest === work.digest ? work.startable : undefined) });
    await one.runner.start(one.work.startable);
    one.is('dead');
    const asked =
      how === 'watch' ? all(two.runner.watch(work.name, 0)) : how === 'wait' ? two.runner.wait(work.name, 60_000) : two.runner.get(work.name);
    await advance(3 * LEASE_MS);
    expect(work.runs).toBe(1);
    work.finish('sha256:1');
    const answer = await asked;
    if (how === 'watch') expect(states(answer as OperationRecord[])).toEqual(['1 RUNNING', '2 RUNNING', '2 SUCCEEDED']);
    if (how === 'wait') expect(answer).toMatchObject({ state: 'SUCCEEDED' });
  });

  it.each([
    ['nobody knows how to do its work any more', () => undefined],
    ['its work has another digest now', () => new Work('b'.repeat(64)).startable],
    [
      'its request is refused now',
      () => {
        throw new FathomError('INVALID_INPUT', 'no such thing');
      },
    ],
  ])('leaves an operation that is INTERRUPTED, where %s', async (_why, resume) => {
    const { one, two, advance } = twoProcesses(runners, { resume });
    await one.runner.start(one.work.startable);
    one.is('dead');
    const seen = all(two.runner.watch(one.work.name, 0));
    await advance(2 * LEASE_MS);
    expect(states(await seen)).toEqual(['1 RUNNING', '2 INTERRUPTED']);
    expect(await two.runner.start(two.work.startable)).toMatchObject({ state: 'RUNNING', epoch: 3 });
  });

  it('has one successor, though several wait for it', async () => {
    const store = memoryStore();
    const others = Array.from({ length: 4 }, () => {
      const [clock, work] = [new ManualClock(), new Work()];
      return { clock, work, ...runnerOn(store, { clock, leaseMs: LEASE_MS }) };
    });
    runners.push(...others.map(({ runner }) => runner));
    const dying = seenBy(store);
    const first = new Work();
    await runnerOn(dying.store, { clock: new ManualClock() }).runner.start(first.startable);
    for (const { runner, work } of others) await runner.start(work.startable);
    dying.is('dead');
    await advance(
      others.map(({ clock }) => clock),
      2 * LEASE_MS,
    );
    expect(others.map(({ work }) => work.runs).sort()).toEqual([0, 0, 0, 1]);
    expect(await keysOf(store)).toEqual([`operations/${first.digest}/00000002`]);
  });

  it('that only waited for its turn is waited for longer', async () => {
    const { one, two, advance } = twoProcesses(runners, { maxRunning: 1, maxWaiting: 1 });
    await one.runner.start(new Work('b'.repeat(64)).startable);
    expect(await one.runner.start(one.work.startable)).toMatchObject({ progress: { stage: 'queued' }, leaseMs: 4 * LEASE_MS });
    await two.runner.start(two.work.startable);
    void all(two.runner.watch(two.work.name, 0));
    await advance(6 * LEASE_MS);
    expect(two.work.runs).toBe(0);
    one.is('dead');
    await advance(3 * LEASE_MS);
    expect(two.work.runs).toBe(0);
    await advance(3 * LEASE_MS);
    expect(two.work.runs).toBe(1);
  });
});

describe('a holder that was only slow', () => {
  it('stops its work when it sees that it was followed, shows the successor to its watchers, and writes nothing that counts', async () => {
    const { store, one, two } = twoProcesses(runners);
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    const seen = all(one.runner.watch(one.work.name, 0));
    await two.clock.advance(60_000); // the first stands still meanwhile
    for (let i = 0; i < 60 && two.work.runs === 0; i++) await two.clock.advance(1_000);
    expect([one.work.runs, two.work.runs]).toEqual([1, 1]);
    expect(one.work.execution!.signal.aborted).toBe(false);
    await one.clock.advance(LEASE_MS / 4);
    expect(one.work.execution!.signal.aborted).toBe(true);
    expect(one.lost).toEqual(['somebody else has taken it over']);
    expect(await keysOf(store)).toEqual([`operations/${one.work.digest}/00000002`]);
    two.work.finish('sha256:1');
    await settled();
    await one.clock.advance(2_000);
    expect(states(await seen)).toEqual(['1 RUNNING', '2 SUCCEEDED']);
    expect(one.endings).toEqual([]);
  });

  it('and ends before it notices has its end overlooked', async () => {
    const { one, two } = twoProcesses(runners);
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    for (let i = 0; i < 60 && two.work.runs === 0; i++) await two.clock.advance(1_000);
    one.work.fail(new FathomError('STORE_FULL', 'no room'));
    await settled();
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'RUNNING', epoch: 2 });
    expect(await one.runner.get(one.work.name)).toMatchObject({ state: 'RUNNING', epoch: 2 });
    expect(one.endings).toEqual([]);
  });
});
