import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ENGINE_CHANNEL, type EngineTime } from '@fathom/engines';
import { memoryStore } from '@fathom/store';
import { countedStore, countEngineTime, readLedger, STORE_SECONDS } from './process-ledger.js';

const callsOf = (call: string, outcome: string): number => readLedger().storeCalls.find((row) => row.call === call && row.outcome === outcome)!.count;

it('what is asked of a store is counted by call, outcome, bytes and time', async () => {
  const before = readLedger();
  const [stored, absent] = [callsOf('put', 'ok'), callsOf('head', 'absent')];
  const store = countedStore(memoryStore());
  await store.put('a', new Uint8Array(100));
  await store.get('a', { length: 60 });
  await store.head('none');
  const { storeBytes, storeTimes } = readLedger();
  expect([storeBytes.written - before.storeBytes.written, storeBytes.read - before.storeBytes.read]).toEqual([100, 60]);
  expect([callsOf('put', 'ok') - stored, callsOf('head', 'absent') - absent]).toEqual([1, 1]);
  for (const [place, { call, seconds, counts }] of storeTimes.entries()) {
    const known = before.storeTimes[place]!;
    const more = counts.reduce((sum, count) => sum + count, 0) - known.counts.reduce((sum, count) => sum + count, 0);
    expect([call, more]).toEqual([call, ['put', 'get', 'head'].includes(call) ? 1 : 0]);
    expect(seconds).toBeGreaterThanOrEqual(known.seconds);
    expect(counts).toHaveLength(STORE_SECONDS.length + 1);
  }
});

it('what a thread asks of its store and its engine, and what a thread of that thread asks, counts for the process', async () => {
  const before = readLedger();
  const thread = `
    const { isMainThread, Worker, workerData } = require('node:worker_threads');
    const { channel } = require('node:diagnostics_channel');
    const { countedStore, countEngineTime } = require(${JSON.stringify(join(__dirname, '../dist/process-ledger.js'))});
    const { memoryStore } = require('@fathom/store');
    countEngineTime();
    channel('${ENGINE_CHANNEL}').publish({ work: 'product', seconds: 1.5 });
    countedStore(memoryStore()).put('a', new Uint8Array(7));
    if (workerData.depth > 0) new Worker(workerData.code, { eval: true, workerData: { ...workerData, depth: 0 } });
  `;
  const worker = new Worker(thread, { eval: true, workerData: { code: thread, depth: 1 } });
  expect(await once(worker, 'exit')).toEqual([0]);
  const after = readLedger();
  expect(after.engineSeconds.product - before.engineSeconds.product).toBeCloseTo(3, 6);
  expect(after.engineSeconds.pass).toBe(before.engineSeconds.pass);
  expect(after.storeBytes.written - before.storeBytes.written).toBe(14);
});

it('engines of this thread count from when they are asked to', () => {
  const { engineSeconds } = readLedger();
  const publish = (): void => channel(ENGINE_CHANNEL).publish({ work: 'pass', seconds: 0.25 } satisfies EngineTime);
  publish();
  expect(readLedger().engineSeconds).toEqual(engineSeconds);
  countEngineTime();
  publish();
  expect(readLedger().engineSeconds.pass - engineSeconds.pass).toBeCloseTo(0.25, 6);
});
