import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryStore } from '@fathom/store';
import type { KnownOperations } from './known-operations.js';
import { operationName } from './operation-record.js';
import { all, runnerOn, Work } from './work.fixture.js';

describe('watching', () => {
  it('begins with the present state, skips what was seen, and ends with the operation', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    const { sequence } = await runner.start(work.startable);
    await work.begun;
    const everything = all(runner.watch(work.name, 0));
    const later = all(runner.watch(work.name, sequence));
    for (const stage of ['one', 'two']) {
      await Promise.resolve();
      work.execution?.report({ stage });
      await new Promise((resolve) => setImmediate(resolve));
    }
    work.finish('sha256:1');
    const sequences = (await everything).map((record) => record.sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect((await everything).map(({ progress, state }) => `${progress.stage} ${state}`)).toEqual([
      'queued RUNNING',
      'one RUNNING',
      'two RUNNING',
      'two SUCCEEDED',
    ]);
    expect(await later).toEqual((await everything).slice(1));
    expect(await all(runner.watch(work.name, 0))).toHaveLength(1);
    expect(await all(runner.watch(work.name, sequences.at(-1)!))).toEqual([]);
  });

  it('ends when the watcher leaves, and leaves nothing behind', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    const leave = new AbortController();
    const watching = all(runner.watch(work.name, 0, leave.signal));
    await new Promise((resolve) => setImmediate(resolve));
    leave.abort();
    expect(await watching).toHaveLength(1);
    const live = (runner as unknown as { known: KnownOperations }).known.current(work.digest);
    expect(live?.watchers).toBe(0);
    await runner.close();
  });

  it('waits no longer than asked while the garbage collector runs and the caller stays', async () => {
    setFlagsFromString('--expose-gc');
    const collecting = setInterval(runInNewContext('gc') as () => void, 10);
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    const never = new Promise<string>((resolve) => setTimeout(resolve, 5000, 'never').unref());
    const first = await Promise.race([runner.wait(work.name, 100, new AbortController().signal), never]);
    clearInterval(collecting);
    expect(first).toMatchObject({ state: 'RUNNING' });
    await runner.close();
  });

  it('waits no longer than asked', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    expect((await runner.wait(work.name, 5)).state).toBe('RUNNING');
    await runner.close();
    await expect(runner.wait(operationName('f'.repeat(64)), 5)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    await expect(runner.get('operations/short')).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });

  it('shows nothing after the end, whatever the work still reports', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    work.finish('sha256:1');
    const ended = await runner.wait(work.name, 60_000);
    work.execution?.report({ stage: 'stray' });
    expect(await runner.get(work.name)).toEqual(ended);
  });
});
