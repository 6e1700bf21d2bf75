import { FathomError } from '@fathom/errors';
import { measuredStore, memoryStore } from '@fathom/store';
import { Places } from './places.js';
import { runnerOn, Work } from './work.fixture.js';

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

  it('hold for all runners that share their places, such as those of several tenants', async () => {
    const places = new Places({ maxRunning: 2, maxRunningPerTenant: 1, maxWaiting: 1 });
    const runners = ['a', 'b', 'c'].map((tenant) => ({ tenant, ...runnerOn(memoryStore(), { places }) }));
    const [ofA, ofB, ofC] = runners.map(({ tenant }) => new Work('a'.repeat(64), { tenant }));
    for (const [index, work] of [ofA!, ofB!, ofC!].entries()) await runners[index]!.runner.start(work.startable);
    await Promise.all([ofA!.begun, ofB!.begun]);
    expect(runners.map(({ runner }) => runner.load.map(({ waits }) => waits))).toEqual([[false], [false], [true]]);
    ofA!.finish('sha256:1');
    await ofC!.begun;
    await Promise.all(runners.map(({ runner }) => runner.close()));
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

it('a runner is idle when it runs and follows nothing', async () => {
  const store = memoryStore();
  const [one, two] = [runnerOn(store).runner, runnerOn(store).runner];
  const work = new Work();
  expect(one.isIdle).toBe(true);
  const starting = one.start(work.startable);
  expect(one.isIdle).toBe(false);
  await starting;
  await two.get(work.name);
  expect([one.isIdle, two.isIdle]).toEqual([false, false]);
  work.finish('sha256:1');
  await one.wait(work.name, 60_000);
  expect(one.isIdle).toBe(true);
  await two.close();
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
