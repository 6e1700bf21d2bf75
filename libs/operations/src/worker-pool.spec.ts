import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobMessage } from './job-message.js';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';

/** A thread that does what the name of the job says; "hold" lasts until the cancel flag is raised. */
const SCRIPT = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ id, job, request, cancelFlag }) => {
  if (job === 'die') process.exit(3);
  if (job === 'throw') throw new Error('a thread gave up');
  if (job === 'hold') Atomics.wait(new Int32Array(cancelFlag), 0, 0);
  if (job === 'refuse') {
    const metadata = { field: 'folds', value: '2', accepted: 'at least 3' };
    return parentPort.postMessage({ id, ok: false, error: { reason: 'INVALID_INPUT', message: 'folds: too few', metadata, stack: 'far away' } });
  }
  parentPort.postMessage({ id, ok: true, value: request });
});
`;

let folder: string;
const pools: WorkerPool[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-pool-'));
  writeFileSync(join(folder, 'worker.js'), SCRIPT);
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

function open(options: Partial<WorkerPoolOptions> = {}): WorkerPool {
  const pool = new WorkerPool({ location: folder }, { threads: 1, file: join(folder, 'worker.js'), ...options });
  pools.push(pool);
  return pool;
}

function message(job: string, request = 0): Omit<JobMessage, 'id'> {
  return { job, request, requestDigest: '0'.repeat(64), action: { type: 'plan' }, cancelFlag: new SharedArrayBuffer(4) };
}

/** Work that runs until it is let go. */
function held(pool: WorkerPool) {
  const asked = message('hold');
  const flag = new Int32Array(asked.cancelFlag);
  const ended = pool.run(asked);
  return {
    ended,
    letGo: () => {
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
  };
}

describe('a pool of threads', () => {
  it('answers each piece of work with its own result, however many threads', async () => {
    const pool = open({ threads: 2 });
    const asked = Array.from({ length: 20 }, (_, i) => i);
    expect(await Promise.all(asked.map((i) => pool.run(message('echo', i))))).toEqual(asked);
  });

  it("passes on a job's error with its reason and facts", async () => {
    await expect(open().run(message('refuse'))).rejects.toMatchObject({
      name: 'InputError',
      field: 'folds',
      accepted: 'at least 3',
      stack: 'far away',
    });
  });

  it.each(['die', 'throw'])('rejects the piece whose thread is lost (%s) and goes on with the next', async (how) => {
    const pool = open();
    const lost = pool.run(message(how));
    const next = pool.run(message('echo', 7));
    await expect(lost).rejects.toMatchObject({ reason: 'INTERNAL' });
    expect(await next).toBe(7);
    expect(await pool.run(message('echo', 8))).toBe(8);
  });

  it('lets wait what many operations ask for at once, and does all of it', async () => {
    const pool = open();
    const first = held(pool);
    const asked = Array.from({ length: 5000 }, (_, i) => i);
    const answers = Promise.all(asked.map((i) => pool.run(message('echo', i))));
    first.letGo();
    expect(await answers).toEqual(asked);
  });

  it('gives up what waits as soon as it is cancelled, though all threads are busy', async () => {
    const pool = open();
    const first = held(pool);
    const stop = new AbortController();
    const waiting = pool.run(message('echo', 2), stop.signal);
    const other = pool.run(message('echo', 3));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED' });
    await expect(pool.run(message('echo'), stop.signal)).rejects.toMatchObject({ reason: 'CANCELLED' });
    first.letGo();
    expect(await other).toBe(3);
  });

  it('closes once what runs has ended, and refuses the rest', async () => {
    const pool = open();
    const first = held(pool);
    const waiting = pool.run(message('echo'));
    waiting.catch(() => undefined);
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED' });
    await expect(pool.run(message('echo'))).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(closed).toBe(false);
    first.letGo();
    await first.ended;
    await closing;
  });

  it('closes when its last thread is lost while it closes', async () => {
    const pool = open();
    const lost = pool.run(message('die'));
    lost.catch(() => undefined);
    await pool.close();
    await expect(lost).rejects.toMatchObject({ reason: 'INTERNAL' });
  });
});
