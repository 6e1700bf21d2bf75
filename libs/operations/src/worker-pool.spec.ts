import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobMessage } from './job-message.js';
import { WORK_CHANNEL, WorkerPool } from './worker-pool.js';

/** A thread that tells which it is, what it knows and how many like it are at work. */
const SCRIPT = `
const { parentPort, threadId, workerData } = require('node:worker_threads');
parentPort.on('message', (message) => {
  if (message === 'close') return parentPort.postMessage('closed');
  const atWork = new Int32Array(message.work.cancelFlag);
  const most = Atomics.add(atWork, 0, 1) + 1;
  setTimeout(() => {
    Atomics.sub(atWork, 0, 1);
    parentPort.postMessage({ id: message.id, ok: true, value: { threadId, workerData, most } });
  }, 5);
});
`;

interface Answer {
  readonly threadId: number;
  readonly workerData: unknown;
  readonly most: number;
}

let folder: string;
let pool: WorkerPool;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-pool-'));
  writeFileSync(join(folder, 'worker.js'), SCRIPT);
  pool = new WorkerPool({ location: folder }, { threads: 3, engine: 'reference', file: join(folder, 'worker.js') });
});
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

async function run(times: number, crewed: boolean): Promise<Answer[]> {
  const cancelFlag = new SharedArrayBuffer(4);
  const message = (i: number): JobMessage => ({
    job: 'test.where',
    request: i,
    requestDigest: '0'.repeat(64),
    tenant: '',
    action: { type: 'part', part: `part-${i}` },
    crewed,
    cancelFlag,
    done: new SharedArrayBuffer(4),
  });
  return (await Promise.all(Array.from({ length: times }, (_, i) => pool.run(message(i))))) as unknown as Answer[];
}

describe('a pool of threads', () => {
  it('does crewed work in one thread of its own, one piece after another, with a crew of all hands', async () => {
    const [crewed, alone] = await Promise.all([run(6, true), run(6, false)]);
    expect(new Set(crewed.map(({ threadId }) => threadId)).size).toBe(1);
    expect(alone.map(({ threadId }) => threadId)).not.toContain(crewed[0]!.threadId);
    expect(crewed.map(({ most }) => most)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(crewed[0]!.workerData).toMatchObject({ store: { location: folder }, engine: 'reference', hands: 3 });
  });

  it('does all other work in as many threads as it has, none of which has a crew', async () => {
    const alone = await run(9, false);
    expect(new Set(alone.map(({ threadId }) => threadId)).size).toBe(3);
    for (const { workerData } of alone) expect(workerData).toMatchObject({ hands: 0 });
  });

  it('tells of each piece that has ended, and how many wait', async () => {
    const told: unknown[] = [];
    const listen = (message: unknown): void => void told.push(message);
    subscribe(WORK_CHANNEL, listen);
    const ran = run(5, false);
    expect(pool.waiting).toBe(2);
    await ran;
    expect(pool.waiting).toBe(0);
    unsubscribe(WORK_CHANNEL, listen);
    const what = {
      job: 'test.where',
      action: 'part',
      operation: '0'.repeat(64),
      tenant: '',
      seconds: expect.any(Number) as number,
      failure: undefined,
    };
    expect(told).toHaveLength(5);
    expect(told).toContainEqual({ ...what, part: 'part-0' });
  });
});
