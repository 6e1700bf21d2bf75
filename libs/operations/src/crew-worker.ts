import { workerData } from 'node:worker_threads';
import { productEngine, type EngineName } from '@fathom/engines';
import type { CrewResult, CrewWork } from './crew-message.js';
import { countEngineTime } from './process-ledger.js';
import { serveWork } from './serve-work.js';
import { settledEngine } from './settled-engine.js';
import { taskOf } from './task-of.js';

/** The body of one hand of a crew: an engine of its own, and the tasks that it is given. */
countEngineTime();
const making = productEngine(workerData as EngineName).then(settledEngine);
making.catch(() => undefined); // each piece of work tells of it

serveWork<CrewWork, CrewResult>(
  async (work) => {
    const { engine } = await making;
    const { name, version, way } = engine;
    const facts = { name, version, way };
    return work.type === 'facts' ? { engine: facts } : { engine: facts, output: await taskOf(work).run(work.input, engine) };
  },
  async () => (await making).settled(),
);
