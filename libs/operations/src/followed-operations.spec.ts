import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore } from '@fathom/store';
import { settled } from './manual-clock.fixture.js';
import { closedAfterEach, LEASE_MS, twoProcesses } from './two-processes.fixture.js';
import { all, keysOf, runnerOn, seenBy, Work } from './work.fixture.js';

const runners = closedAfterEach();

describe('equal requests at two processes', () => {
  it('are one operation, which runs at one of them, and both see its progress and its end', async () => {
    const { one, two, advance } = twoProcesses(runners);
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
    const { one, two } = twoProcesses(runners);
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
      const { one, two, advance } = twoProcesses(runners);
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

describe('cancelling at another process', () => {
  it('stops the work where it runs', async () => {
    const { one, two, advance } = twoProcesses(runners);
    await one.runner.start(one.work.startable);
    expect((await two.runner.cancel(two.work.name)).state).toBe('RUNNING');
    await advance(LEASE_MS / 2);
    expect(one.work.execution!.signal.aborted).toBe(true);
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'CANCELLED', epoch: 1 });
  });

  it('ends what a dead process has left, and nobody goes on with it', async () => {
    const { one, two, advance } = twoProcesses(runners);
    await one.runner.start(one.work.startable);
    await two.runner.start(two.work.startable);
    one.is('dead');
    await two.runner.cancel(two.work.name);
    await advance(2 * LEASE_MS);
    expect(await two.runner.get(two.work.name)).toMatchObject({ state: 'CANCELLED', epoch: 2 });
    expect(two.work.runs).toBe(0);
  });

  it('and asking again begins again, once it has stopped', async () => {
    const { one, two, advance } = twoProcesses(runners);
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
    const { one, two, advance } = twoProcesses(runners);
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
