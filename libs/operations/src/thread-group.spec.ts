import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThreadGroup, type ThreadGroupOptions } from './thread-group.js';

/** A thread that does what it is told; "hold" lasts until the flag is raised, and "idle" too, though the thread can be spoken to. */
const SCRIPT = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (message) => {
  if (message === 'close') return parentPort.postMessage('closed');
  const { id, work: { what, value, flag } } = message;
  if (what === 'die') process.exit(3);
  if (what === 'throw') throw new Error('a thread gave up');
  if (what === 'hold') Atomics.wait(new Int32Array(flag), 0, 0);
  if (what === 'idle') {
    Atomics.store(new Int32Array(flag), 1, 1);
    const look = () => (Atomics.load(new Int32Array(flag), 0) === 0 ? setTimeout(look, 1) : parentPort.postMessage({ id, ok: true, value }));
    return look();
  }
  if (what === 'refuse') {
    const metadata = { field: 'folds', value: '2', accepted: 'at least 3' };
    return parentPort.postMessage({ id, ok: false, error: { reason: 'INVALID_INPUT', message: 'folds: too few', metadata, stack: 'far away' } });
  }
  parentPort.postMessage({ id, ok: true, value });
});
`;

interface Work {
  readonly what: string;
  readonly value: unknown;
  readonly flag: SharedArrayBuffer;
}

let folder: string;
const groups: ThreadGroup<Work, unknown>[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-threads-'));
  writeFileSync(join(folder, 'worker.js'), SCRIPT);
});
afterEach(async () => {
  await Promise.all(groups.splice(0).map((group) => group.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

function open(options: Partial<ThreadGroupOptions<Work>> = {}): ThreadGroup<Work, unknown> {
  const group = new ThreadGroup<Work, unknown>({ threads: 1, file: join(folder, 'worker.js'), ...options });
  groups.push(group);
  return group;
}

function work(what: string, value: unknown = 0): Work {
  return { what, value, flag: new SharedArrayBuffer(8) };
}

/** Work that runs until it is let go. */
function held(group: ThreadGroup<Work, unknown>) {
  const asked = work('hold');
  const flag = new Int32Array(asked.flag);
  const ended = group.run(asked);
  return {
    ended,
    letGo: () => {
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
  };
}

describe('a group of threads', () => {
  it('answers each piece of work with its own result, however many threads', async () => {
    const group = open({ threads: 2 });
    const asked = Array.from({ length: 20 }, (_, i) => i);
    expect(await Promise.all(asked.map((i) => group.run(work('echo', i))))).toEqual(asked);
  });

  it('passes on an error with its reason and facts', async () => {
    await expect(open().run(work('refuse'))).rejects.toMatchObject({
      name: 'InputError',
      field: 'folds',
      accepted: 'at least 3',
      stack: 'far away',
    });
  });

  it.each(['die', 'throw'])('rejects the piece whose thread is lost (%s) and goes on with the next', async (how) => {
    const group = open();
    const lost = group.run(work(how));
    const next = group.run(work('echo', 7));
    await expect(lost).rejects.toMatchObject({ reason: 'INTERNAL' });
    expect(await next).toBe(7);
    expect(await group.run(work('echo', 8))).toBe(8);
  });

  it('lets wait what many operations ask for at once, and does all of it', async () => {
    const group = open();
    const first = held(group);
    const asked = Array.from({ length: 5000 }, (_, i) => i);
    const answers = Promise.all(asked.map((i) => group.run(work('echo', i))));
    first.letGo();
    expect(await answers).toEqual(asked);
  });

  it('gives up what waits as soon as it is cancelled, though all threads are busy', async () => {
    const group = open();
    const first = held(group);
    const stop = new AbortController();
    const waiting = group.run(work('echo', 2), stop.signal);
    const other = group.run(work('echo', 3));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED' });
    await expect(group.run(work('echo'), stop.signal)).rejects.toMatchObject({ reason: 'CANCELLED' });
    first.letGo();
    expect(await other).toBe(3);
  });

  it('does the work of tenants in turn, of each first come first served', async () => {
    const group = open({ tenantOf: ({ value }) => String(value).slice(0, 1) });
    const first = held(group);
    const done: unknown[] = [];
    const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map(async (value) => done.push(await group.run(work('echo', value))));
    first.letGo();
    await Promise.all(all);
    expect(done).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('closes once what runs has ended, and refuses the rest', async () => {
    const group = open();
    const first = held(group);
    const waiting = group.run(work('echo'));
    waiting.catch(() => undefined);
    let closed = false;
    const closing = group.close().then(() => (closed = true));
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED' });
    await expect(group.run(work('echo'))).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(closed).toBe(false);
    first.letGo();
    await first.ended;
    await closing;
  });

  it('closes for everybody who asks while a thread is busy', async () => {
    const group = open();
    const first = held(group);
    const closings = [group.close(), group.close()];
    first.letGo();
    await first.ended;
    await Promise.all(closings);
  });

  it('tells no thread to end while its work waits for something', async () => {
    const group = open();
    const asked = work('idle', 11);
    const flag = new Int32Array(asked.flag);
    const running = group.run(asked);
    while (Atomics.load(flag, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const closing = group.close();
    await new Promise((resolve) => setTimeout(resolve, 50)); // an end that came too early would come now
    Atomics.store(flag, 0, 1);
    expect(await running).toBe(11);
    await closing;
  });

  it('closes when its last thread is lost while it closes', async () => {
    const group = open();
    const lost = group.run(work('die'));
    lost.catch(() => undefined);
    await group.close();
    await expect(lost).rejects.toMatchObject({ reason: 'INTERNAL' });
  });

  it('rejects what cannot be sent, and goes on', async () => {
    const group = open();
    await expect(group.run(work('echo', () => 5))).rejects.toMatchObject({ reason: 'INTERNAL', message: 'work that cannot be sent to a thread' });
    expect(await group.run(work('echo', 6))).toBe(6);
  });

  it('tells of each piece that has ended, with what it was about and why it is not done', async () => {
    const ended: unknown[] = [];
    const group = open({ onEnd: ({ value }, seconds, failure) => ended.push([value, seconds > 0, failure]) });
    await group.run(work('echo', 1));
    for (const [number, how] of ['refuse', 'die'].entries()) await group.run(work(how, number + 2)).catch(() => undefined);
    expect(ended).toEqual([
      [1, true, undefined],
      [2, true, expect.any(String)],
      [3, true, 'INTERNAL'],
    ]);
  });
});
