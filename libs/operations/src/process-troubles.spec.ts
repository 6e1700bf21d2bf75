import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { tellStoreTrouble, type StoreTrouble } from '@fathom/store';
import { onStoreTrouble } from './process-troubles.js';

const BUILT = join(__dirname, '../dist/process-troubles.js');

it("a process hears of its stores' troubles in its own thread and in others, until it wants no more", async () => {
  const heard: StoreTrouble[] = [];
  let tell: () => void;
  const both = new Promise<void>((resolve) => (tell = resolve));
  const leave = onStoreTrouble((trouble) => {
    heard.push(trouble);
    if (heard.length === 2) tell();
  });
  const trouble = (doing: string): StoreTrouble => ({ store: 's', doing, problem: 'p' });
  tellStoreTrouble(trouble('here'));
  expect(heard).toEqual([trouble('here')]);
  const source = `
    require(${JSON.stringify(BUILT)}).forwardTroubles();
    const { createRequire } = require('node:module');
    createRequire(${JSON.stringify(BUILT)})('@fathom/store').tellStoreTrouble(${JSON.stringify(trouble('there'))});
    require('node:worker_threads').parentPort.once('message', () => undefined);
  `;
  const worker = new Worker(source, { eval: true });
  await both;
  expect(heard[1]).toEqual(trouble('there'));
  worker.postMessage('end');
  await once(worker, 'exit');
  leave();
  tellStoreTrouble(trouble('late'));
  expect(heard).toHaveLength(2);
});
