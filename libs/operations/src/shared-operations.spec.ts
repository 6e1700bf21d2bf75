import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FathomError } from '@fathom/errors';
import { fileStore, memoryStore, type ObjectStore } from '@fathom/store';
import { ManualClock, settled } from './manual-clock.fixture.js';
import { OperationRecords, type OperationRecord } from './operation-record.js';
import type { OperationRunner, RunnerOptions } from './operation-runner.js';
import { all, keysOf, runnerOn, seenBy, sharedStore, Work } from './work.fixture.js';

const LEASE_MS = 8_000;

let runners: OperationRunner[];
beforeEach(() => (runners = []));
afterEach(async () => {
  for (const runner of runners) await Promise.race([runner.close(), settled()]); // one that is dead waits forever
});

/** Two processes with clocks of their own, on one store, each asked for work of its own. */
function twoProcesses(options: Partial<RunnerOptions> = {}) {
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
async function advance(clocks: readonly ManualClock[], milliseconds: number): Promise<void> {
  for (let done = 0; done < milliseconds; done += 250) for (const clock of clocks) await clock.advance(Math.min(250, milliseconds - done));
}

const states = (records: readonly OperationRecord[]): string[] => records.map(({ state, epoch }) => `${epoch} ${state}`);

describe('equal requests at two processes', () => {
  it('are one operation, which runs at one of them, and both see its progress and its end', async () => {
    const { one, two, advance } = twoProcesses();
    const [first, second] = await Promise.all([one.runner.start(one.work.startable), two.runner.start(two.work.startable)]);
    expect(second).toMatchObject({ digest: first.digest, epoch: 1, holder: first.holder });
    await settled();
    expect(one.work.runs + two.work.runs).toBe(1);
    const [holder, other] = one.work.runs === 1 ? [one, two] : [two, one];
    const seen = all(other.runner.watch(other.work.name, 0));
    holder.work.execution!.report({ partsDone: 3 });
    await advance(LEASE_MS);
    expect(await other.runner.get(other.work.name)).toMatchObject({ state: 'RUNNING', progress: { partsDone: 3 } });
    holder.work.finish('sha256:1');
    await advance(2_000);
    expect((await seen).at(-1)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1', progress: { partsDone: 3 } });
    expect(await other.runner.start(other.work.startable)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1' });
    expect(other.work.runs).toBe(0);
  });

  it('go on for as long as the holder lives, though clocks run at different speeds and jump', async () => {
    const { one, two } = twoProcesses();
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    void all(two.runner.watch(two.work.name, 0));
    for (let i = 0; i < 60; i++) {
      await one.clock.advance(1_000);
      await two.clock.advance(1_500);
      if (i === 30) two.clock.jump(3_600_000);
    }
    expect([one.work.runs, two.work.runs]).toEqual([1, 0]);
    expect(one.lost).toEqual([]);
  });

  it('need no time of day', async () => {
    const now = jest.spyOn(Date, 'now').mockImplementation(() => {
      throw new Error('nobody asks for it');
    });
    try {
      const { one, two, advance } = twoProcesses();
      await one.runner.start(one.work.startable);
      await two.runner.start(two.work.startable);
      one.is('dead');
      await advance(2 * LEASE_MS);
      expect(two.work.runs).toBe(1);
    } finally {
      now.mockRestore();
    }
  });
});

describe('a holder that dies', () => {
  it('is followed by whoever was asked for the same, in an epoch of its own, of which alone the record stays', async () => {
    const { store, one, two, advance } = twoProcesses();
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
    const { one, two, advance } = twoProcesses({ resume: ({ digest }) => (digest === work.digest ? work.startable : undefined) });
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
    const { one, two, advance } = twoProcesses({ resume });
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
    const { one, two, advance } = twoProcesses({ maxRunning: 1, maxWaiting: 1 });
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
    const { store, one, two } = twoProcesses();
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
    const { one, two } = twoProcesses();
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

describe('while the store is away', () => {
  it('for a short time, the work goes on', async () => {
    const { one, two, advance } = twoProcesses();
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    for (const each of [one, two]) each.is('away');
    await advance(LEASE_MS / 2);
    for (const each of [one, two]) each.is('none');
    await advance(2 * LEASE_MS);
    expect([one.work.runs, two.work.runs]).toEqual([1, 0]);
    expect(one.work.execution!.signal.aborted).toBe(false);
  });

  it('for a long time, the work stops before anybody may take it over, and the operation goes on thereafter', async () => {
    const { one, two, advance } = twoProcesses();
    await one.runner.start(one.work.startable);
    const seen = all(one.runner.watch(one.work.name, 0));
    one.is('away');
    await one.clock.advance(LEASE_MS);
    expect(one.work.execution!.signal.aborted).toBe(true);
    expect(one.lost).toEqual([`the store took no heartbeat for ${LEASE_MS} ms`]);
    await advance(10 * LEASE_MS);
    expect(one.work.runs).toBe(1);
    one.is('none');
    await advance(2_000);
    expect(one.work.runs).toBe(2);
    expect(two.work.runs).toBe(0);
    one.work.finish('sha256:1');
    expect(states(await seen).at(-1)).toBe('2 SUCCEEDED');
  });

  it('an end is kept until it can be written', async () => {
    const { one, two, advance } = twoProcesses();
    await one.runner.start(one.work.startable);
    one.is('away');
    one.work.finish('sha256:1');
    await settled();
    expect(one.endings).toMatchObject([{ record: { state: 'SUCCEEDED' }, notKept: { reason: 'STORE_UNAVAILABLE' } }]);
    expect(await one.runner.get(one.work.name)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'RUNNING' });
    one.is('none');
    await advance(LEASE_MS / 2);
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1', epoch: 1 });
  });

  it('a beginning fails; where the store took it all the same, asking again goes on at once', async () => {
    const { store, one } = twoProcesses();
    const put = jest.spyOn(one.store, 'put').mockImplementationOnce(async (...given) => {
      await store.put(...given);
      throw new FathomError('STORE_UNAVAILABLE', 'no answer');
    });
    await expect(one.runner.start(one.work.startable)).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    expect(put).toHaveBeenCalledTimes(1);
    expect(await one.runner.start(one.work.startable)).toMatchObject({ state: 'RUNNING', epoch: 2 });
    expect(one.work.runs).toBe(1);
  });
});

describe('cancelling at another process', () => {
  it('stops the work where it runs', async () => {
    const { one, two, advance } = twoProcesses();
    await one.runner.start(one.work.startable);
    expect((await two.runner.cancel(two.work.name)).state).toBe('RUNNING');
    await advance(LEASE_MS / 2);
    expect(one.work.execution!.signal.aborted).toBe(true);
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'CANCELLED', epoch: 1 });
  });

  it('ends what a dead process has left, and nobody goes on with it', async () => {
    const { one, two, advance } = twoProcesses();
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    one.is('dead');
    await two.runner.cancel(two.work.name);
    await advance(2 * LEASE_MS);
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'CANCELLED', epoch: 2 });
    expect(two.work.runs).toBe(0);
  });

  it('and asking again begins again, once it has stopped', async () => {
    const { one, two, advance } = twoProcesses();
    await one.runner.start(one.work.startable);
    await two.runner.cancel(two.work.name);
    const again = two.runner.start(two.work.startable);
    await advance(LEASE_MS / 2 + 2_000);
    expect(await again).toMatchObject({ state: 'RUNNING', epoch: 2 });
    expect([one.work.runs, two.work.runs]).toEqual([1, 1]);
  });
});

describe('what is asked of the store', () => {
  it('does not grow with those who watch, and is little while nobody does', async () => {
    const { one, two, advance } = twoProcesses();
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    const reads = async (milliseconds: number): Promise<number> => {
      const before = two.calls.reads;
      await advance(milliseconds);
      return two.calls.reads - before;
    };
    expect(await reads(40_000)).toBeLessThanOrEqual(40_000 / (LEASE_MS / 2) + 1);
    const leave = new AbortController();
    setMaxListeners(0, leave.signal);
    for (let i = 0; i < 20; i++) void all(two.runner.watch(two.work.name, 0, leave.signal));
    await reads(10_000);
    expect(await reads(40_000)).toBeLessThanOrEqual(41);
    leave.abort();
    await advance(2_000);
    expect(await reads(40_000)).toBeLessThanOrEqual(40_000 / (LEASE_MS / 2) + 1);
    expect(one.calls.writes).toBeLessThanOrEqual(132_000 / (LEASE_MS / 4) + 2);
  });
});

describe('a folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fathom-shared-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is shared by two processes in true time: one runs, dies, and the other goes on', async () => {
    const dying: ReturnType<typeof seenBy> = seenBy(fileStore(folder));
    const [one, two] = [new Work(), new Work()];
    const first = runnerOn(dying.store, { leaseMs: 400 }).runner;
    const second = runnerOn(fileStore(folder), { leaseMs: 400 });
    runners.push(second.runner);
    const started = await Promise.all([first.start(one.startable), second.runner.start(two.startable)]);
    expect(new Set(started.map(({ holder }) => holder)).size).toBe(1);
    const [dead, alive] = one.runs === 1 ? [one, two] : [two, one];
    if (dead === two) return void two.finish('sha256:1'); // the second was first: nothing to show here
    dying.is('dead');
    const seen = all(second.runner.watch(alive.name, 0));
    await alive.begun;
    alive.finish('sha256:1');
    expect((await seen).at(-1)).toMatchObject({ state: 'SUCCEEDED', epoch: 2 });
    expect(await keysOf(fileStore(folder))).toEqual([`operations/${alive.digest}/00000002`]);
  });
});

describe('records', () => {
  const claimed = (epoch: number, holder: string): OperationRecord => ({
    ...{ digest: 'a'.repeat(64), job: 'j', request: null, tenant: '', state: 'RUNNING', failure: null, result: null, sequence: 1 },
    ...{
      epoch,
      holder,
      leaseMs: 1,
      beat: 0,
      progress: { stage: '', partsDone: 0, partsTotal: 0, partsReused: 0, partsPerSecond: 0, secondsLeft: 0 },
    },
  });

  it('cannot be claimed by one who comes after the successor of a successor, though the place is free again', async () => {
    const store: ObjectStore = memoryStore();
    const records = new OperationRecords(store);
    for (const epoch of [1, 2, 3]) expect(await records.claim(claimed(epoch, 'fast'))).toBe(true);
    expect(await records.claim(claimed(2, 'slow'))).toBe(false);
    expect(await keysOf(store)).toEqual([`operations/${'a'.repeat(64)}/00000003`]);
    expect((await records.read('a'.repeat(64)))?.record).toMatchObject({ epoch: 3, holder: 'fast' });
  });

  it('are read though their epoch is removed under the reader', async () => {
    const store = memoryStore();
    const records = new OperationRecords(store);
    await records.claim(claimed(1, 'first'));
    const get = store.get.bind(store);
    let isFirst = true;
    store.get = async (...given) => {
      if (isFirst) {
        isFirst = false;
        await records.claim(claimed(2, 'second'));
      }
      return get(...given);
    };
    expect((await records.read('a'.repeat(64)))?.record.epoch).toBe(2);
  });

  it('that are no JSON are told', async () => {
    const store = memoryStore();
    await store.put(`operations/${'a'.repeat(64)}/00000001`, new TextEncoder().encode('{'));
    await expect(runnerOn(store).runner.get(`operations/${'a'.repeat(64)}`)).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
  });

  it('of an operation that was begun too often leave no sequence number, which is told', async () => {
    const store = memoryStore();
    const records = new OperationRecords(store);
    await records.claim({ ...claimed(65_535, 'x'), state: 'FAILED' });
    await expect(runnerOn(store).runner.start(new Work().startable)).rejects.toMatchObject({ reason: 'RESOURCE_EXHAUSTED', message: /65535 times/ });
  });
});
