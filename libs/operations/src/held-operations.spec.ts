import { FathomError } from '@fathom/errors';
import { memoryStore, type ObjectStore } from '@fathom/store';
import { all, runnerOn, Work } from './work.fixture.js';

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
