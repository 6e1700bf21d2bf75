import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, makeClientConstructor, type Client } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import type { Task } from '@fathom/exact';
import { threadCrew, WorkerPool } from '@fathom/operations';
import { createLogger } from '@fathom/service-kit';
import { loadConfig } from './config.js';
import { serve } from './serve.js';

const THREADS = 2;

/** Never pauses until it is let go, and counts that it has begun. */
const SPIN = `
const spin = (gate) => {
  const cell = new Int32Array(gate);
  Atomics.add(cell, 1, 1);
  let turns = 0;
  while (Atomics.load(cell, 0) === 0) turns += 1;
  return turns;
};
`;
const TASK = `${SPIN} exports.spin = { module: __filename, name: 'spin', run: async ({ gate }) => spin(gate) };`;
const THREAD = `${SPIN}
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (message) => {
  if (message === 'close') return parentPort.postMessage('closed');
  parentPort.postMessage({ id: message.id, ok: true, value: spin(message.work.cancelFlag) });
});
`;

/** Whether the server says that it is well; over a connection of its own. */
function health(address: string): Promise<string> {
  const Health = makeClientConstructor(service, 'Health');
  const client = new Health(address, credentials.createInsecure()) as unknown as Client & {
    check(request: object, done: (error: Error | null, answer: { status: string }) => void): void;
  };
  return new Promise<string>((resolve, reject) =>
    client.check({ service: '' }, (error, { status } = { status: '' }) => (error ? reject(error) : resolve(status))),
  ).finally(() => client.close());
}

it('a server answers health checks while every thread of its pool and of its crew is busy without a pause', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-health-'));
  const [task, thread] = [join(folder, 'task.js'), join(folder, 'thread.js')];
  writeFileSync(task, TASK);
  writeFileSync(thread, THREAD);
  const config = loadConfig({ env: {}, overrides: { store: join(folder, 'store'), threads: THREADS } });
  const served = await serve([], {
    name: 'n',
    address: `unix:${join(folder, 'socket')}`,
    config,
    logger: createLogger({ name: 'n', level: 'silent' }),
  });
  const crew = await threadCrew({ hands: THREADS, engine: 'reference' });
  const pool = new WorkerPool(config.store, { threads: THREADS, engine: 'reference', file: thread });
  const gate = new SharedArrayBuffer(8);
  const cell = new Int32Array(gate);
  try {
    const spin: Task<{ gate: SharedArrayBuffer }, number> = { module: task, name: 'spin', run: () => Promise.reject(new Error('not here')) };
    const message = { job: 'test.spin', request: null, requestDigest: '0'.repeat(64), action: { type: 'plan' }, crewed: false } as const;
    const busy = Array.from({ length: THREADS }, () => [
      crew.run(spin, { gate }),
      pool.run({ ...message, cancelFlag: gate, done: new SharedArrayBuffer(4) }),
    ]).flat();
    while (Atomics.load(cell, 1) < 2 * THREADS) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 20; i += 1) expect(await health(served.address)).toBe('SERVING');
    Atomics.store(cell, 0, 1);
    for (const turns of await Promise.all(busy)) expect(turns).toBeGreaterThan(0);
  } finally {
    Atomics.store(cell, 0, 1);
    await Promise.all([crew.close(), pool.close(), served.close()]);
    rmSync(folder, { recursive: true });
  }
});
