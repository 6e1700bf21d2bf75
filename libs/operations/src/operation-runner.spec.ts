import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FathomError } from '@fathom/errors';
import { measuredStore, memoryStore, type ObjectStore } from '@fathom/store';
import { operationName } from './operation-record.js';
import { all, runnerOn, Work } from './work.fixture.js';

afterEach(() => jest.restoreAllMocks());

describe('the same request', () => {
  it('is one operation, asked for one after the other or at once', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    const [first, second] = await Promise.all([runner.start(work.startable), runner.start(work.startable)]);
    expect(second).toEqual(first);
    expect((await runner.start(work.startable)).sequence).toBe(first.sequence);
    work.finish('sha256:1');
    expect(await runner.wait(work.name, 60_000)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1' });
    expect(await runner.start(work.startable)).toMatchObject({ state: 'SUCCEEDED' });
    expect(work.runs).toBe(1);
  });

  it('is computed again where its result is gone', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    work.finish('sha256:1');
    await runner.wait(work.name, 60_000);
    work.kept = false;
    expect(await runner.start(work.startable)).toMatchObject({ state: 'RUNNING', result: null });
    expect(work.runs).toBe(2);
    work.finish('sha256:2');
    await runner.wait(work.name, 60_000);
    expect(await runner.get(work.name)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:2' });
  });

  it('is answered without the store, once its result was seen a moment ago', async () => {
    jest.spyOn(performance, 'now').mockReturnValue(0);
    let calls = 0;
    const { runner } = runnerOn(measuredStore(memoryStore(), () => (calls += 1)));
    const work = new Work();
    await runner.start(work.startable);
    work.finish('sha256:1');
    await runner.wait(work.name, 60_000);
    await runner.get(work.name);
    calls = 0;
    expect(await runner.start(work.startable)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1' });
    expect(await runner.get(work.name)).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1' });
    expect(calls).toBe(0);
  });

  it('is tried again after a failure, which tells why until then', async () => {
    const { runner, endings } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    work.fail(new FathomError('STORE_FULL', 'no room', { metadata: { key: 'k' } }));
    const failed = await runner.wait(work.name, 60_000);
    expect(failed).toMatchObject({ state: 'FAILED', failure: { reason: 'STORE_FULL', message: 'no room', metadata: { key: 'k' } } });
    const again = await runner.start(work.startable);
    expect(again).toMatchObject({ state: 'RUNNING', failure: null, epoch: 2 });
    expect(again.sequence).toBeGreaterThan(failed.sequence);
    work.finish('sha256:2');
    expect(await runner.wait(work.name, 60_000)).toMatchObject({ state: 'SUCCEEDED' });
    expect(endings.map(({ record }) => record.state)).toEqual(['FAILED', 'SUCCEEDED']);
  });

  it('waits for its end and begins again, where it is being stopped', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    const cancelled = runner.cancel(work.name);
    const again = await runner.start(work.startable);
    expect(again.state).toBe('RUNNING');
    expect(work.runs).toBe(2);
    await cancelled;
    work.finish('sha256:1');
    expect((await runner.wait(work.name, 60_000)).state).toBe('SUCCEEDED');
  });
});

describe('an operation that is stopped', () => {
  it('is CANCELLED where somebody asked for that, and INTERRUPTED where its process ends', async () => {
    const store = memoryStore();
    const { runner } = runnerOn(store);
    const [one, two] = [new Work(), new Work('b'.repeat(64))];
    await runner.start(one.startable);
    await runner.start(two.startable);
    await runner.cancel(one.name);
    expect((await runner.wait(one.name, 60_000)).state).toBe('CANCELLED');
    await runner.close();
    expect((await runner.get(two.name)).state).toBe('INTERRUPTED');
    await expect(runner.start(one.startable)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect((await runnerOn(store).runner.get(two.name)).state).toBe('INTERRUPTED');
  });

  it('does not stop one that has ended', async () => {
    const { runner } = runnerOn(memoryStore());
    const work = new Work();
    await runner.start(work.startable);
    work.finish('sha256:1');
    await runner.wait(work.name, 60_000);
    expect(await runner.cancel(work.name)).toMatchObject({ state: 'SUCCEEDED' });
  });
});

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
    const live = (runner as unknown as { live: Map<string, { watchers: number }> }).live.get(work.digest);
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

describe('limits', () => {
  it('refuse one operation too many, and take it once there is room', async () => {
    const { runner } = runnerOn(memoryStore(), { maxRunning: 1 });
    const [one, two] = [new Work(), new Work('b'.repeat(64))];
    await runner.start(one.startable);
    await expect(runner.start(two.startable)).rejects.toMatchObject({ reason: 'RESOURCE_EXHAUSTED' });
    await expect(runner.get(two.name)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    one.finish('sha256:1');
    await runner.wait(one.name, 60_000);
    expect((await runner.start(two.startable)).state).toBe('RUNNING');
    await runner.close();
  });

  it('leave room for the work that coordinating operations wait for', async () => {
    const { runner } = runnerOn(memoryStore(), { maxRunning: 1 });
    const [study, part, other] = [new Work('c'.repeat(64), { coordinates: true }), new Work(), new Work('d'.repeat(64), { coordinates: true })];
    await runner.start(study.startable);
    expect((await runner.start(part.startable)).state).toBe('RUNNING');
    await expect(runner.start(other.startable)).rejects.toMatchObject({ reason: 'RESOURCE_EXHAUSTED' });
    await runner.close();
  });
});

describe('the list', () => {
  it('comes in pages, in order, each operation once', async () => {
    const { runner } = runnerOn(memoryStore(), { maxRunning: 100 });
    const digests = Array.from({ length: 7 }, (_, i) => `${i}`.repeat(64));
    for (const digest of [...digests].reverse()) await runner.start(new Work(digest).startable);
    const seen: string[] = [];
    for (let token = ''; ;) {
      const { records, next } = await runner.list(3, token);
      expect(records.length).toBeLessThanOrEqual(3);
      seen.push(...records.map(({ digest }) => digest));
      if (next === '') break;
      token = next;
    }
    expect(seen).toEqual(digests);
    expect((await runner.list(7, '')).next).toBe('');
    await runner.close();
  });

  it('leaves out what is no operation', async () => {
    const store = memoryStore();
    for (const key of ['operations/readme', `operations/${'a'.repeat(64)}.bak`, `operations/${'b'.repeat(64)}/notes`])
      await store.put(key, new TextEncoder().encode('{}'));
    expect(await runnerOn(store).runner.list(10, '')).toEqual({ records: [], next: '' });
  });

  it("has no operations of another process's jobs, which might look interrupted", async () => {
    const store = memoryStore();
    const theirs = new Work('e'.repeat(64), { job: 'dictionary.fit' });
    const mine = new Work('f'.repeat(64), { job: 'complexity.measure' });
    const other = runnerOn(store).runner;
    await other.start(theirs.startable);
    const { runner } = runnerOn(store, { owns: (job) => job.startsWith('complexity.') });
    await runner.start(mine.startable);
    expect((await runner.list(10, '')).records.map(({ digest }) => digest)).toEqual([mine.digest]);
    await expect(runner.get(theirs.name)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    await Promise.all([runner.close(), other.close()]);
  });
});

describe('while the store takes a record', () => {
  /** A store whose writes wait to be let through or refused. */
  const slow = () => {
    const writes: { through: () => void; refuse: (error: Error) => void }[] = [];
    let onWrite: () => void = () => undefined;
    const store = memoryStore();
    const put: ObjectStore['put'] = async (...given) => {
      await new Promise<void>((through, refuse) => {
        writes.push({ through, refuse });
        onWrite();
      });
      return store.put(...given);
    };
    const next = async () => {
      if (writes.length === 0) await new Promise<void>((resolve) => (onWrite = resolve));
      return writes.shift()!;
    };
    return { store: Object.assign(Object.create(store) as ObjectStore, { put }), next };
  };

  it('of the end, what the work still reports does not hide the end', async () => {
    const { store, next } = slow();
    const { runner } = runnerOn(store);
    const work = new Work();
    const started = runner.start(work.startable);
    (await next()).through();
    await started;
    const watching = all(runner.watch(work.name, 0));
    await work.begun;
    work.finish('sha256:1');
    const end = await next();
    work.execution?.report({ stage: 'stray' });
    await new Promise((resolve) => setImmediate(resolve));
    end.through();
    expect((await watching).map(({ state, progress }) => `${progress.stage} ${state}`)).toEqual(['queued RUNNING', 'queued SUCCEEDED']);
  });
});

describe('a store that fails', () => {
  const failing = () => {
    const store = memoryStore();
    let broken = false;
    const put: ObjectStore['put'] = (...given) => (broken ? Promise.reject(new FathomError('STORE_FULL', 'no room')) : store.put(...given));
    return { store: { ...bound(store), put }, breakIt: (state: boolean) => (broken = state) };
  };
  const bound = (store: ObjectStore): ObjectStore =>
    ({
      put: (...given) => store.put(...given),
      get: (...given) => store.get(...given),
      head: (...given) => store.head(...given),
      list: (...given) => store.list(...given),
      delete: (...given) => store.delete(...given),
    }) as ObjectStore;

  it('at the beginning lets nothing begin', async () => {
    const { store, breakIt } = failing();
    const { runner } = runnerOn(store);
    const work = new Work();
    breakIt(true);
    await expect(runner.start(work.startable)).rejects.toMatchObject({ reason: 'STORE_FULL' });
    expect(work.runs).toBe(0);
    breakIt(false);
    expect((await runner.start(work.startable)).state).toBe('RUNNING');
    await runner.close();
  });

  it('at the end loses no end: it is told, logged, and shown for as long as the process lives', async () => {
    const { store, breakIt } = failing();
    const { runner, endings } = runnerOn(store);
    const work = new Work();
    await runner.start(work.startable);
    const watching = all(runner.watch(work.name, 0));
    breakIt(true);
    work.fail(new FathomError('STORE_FULL', 'no room for the part'));
    expect((await watching).at(-1)).toMatchObject({ state: 'FAILED', failure: { reason: 'STORE_FULL' } });
    expect(endings[0]).toMatchObject({ record: { state: 'FAILED' }, notKept: { reason: 'STORE_FULL' } });
    expect(await runner.get(work.name)).toMatchObject({ state: 'FAILED', failure: { message: 'no room for the part' } });
    breakIt(false);
    await runner.start(work.startable);
    work.finish('sha256:1');
    expect((await runner.wait(work.name, 60_000)).state).toBe('SUCCEEDED');
    await runner.close();
  });
});
