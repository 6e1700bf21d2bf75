import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@fathom/errors';
import { inlineCrew, referenceEngine, sharedFloat64, type Task } from '@fathom/exact';
import { threadCrew, type ThreadCrew, type ThreadCrewOptions } from '@fathom/operations';

/** Tasks as a built module exports them. */
const MODULE = `
const { threadId } = require('node:worker_threads');
const { InputError } = require(${JSON.stringify(require.resolve('@fathom/errors'))});
let loads = 0;
loads += 1;
const task = (name, run) => ({ module: __filename, name, run });
module.exports = {
  notATask: 5,
  square: task('square', async ({ value }) => value * value),
  // (1 2; 3 4)·(1 0; 0 1), left operand plus 128
  product: task('product', async (_input, engine) => {
    const out = new Int32Array(4);
    await engine.product(Uint8Array.of(129, 130, 131, 132), Int8Array.of(1, 0, 0, 1), { rows: 2, steps: 2, columns: 2 }, out);
    return { out, engine: engine.name };
  }),
  write: task('write', async ({ shared, own, index }) => {
    shared[index] = index + 1;
    own[0] = 99;
    return { own, loads };
  }),
  meet: task('meet', async ({ gate, hands }) => {
    const cell = new Int32Array(gate);
    Atomics.add(cell, 0, 1);
    Atomics.notify(cell, 0);
    for (let seen = Atomics.load(cell, 0); seen < hands; seen = Atomics.load(cell, 0)) Atomics.wait(cell, 0, seen);
    return threadId;
  }),
  hold: task('hold', async ({ gate }) => {
    const cell = new Int32Array(gate);
    Atomics.add(cell, 1, 1);
    Atomics.wait(cell, 0, 0);
    Atomics.add(cell, 2, 1);
  }),
  refuse: task('refuse', async () => {
    throw new InputError({ field: 'folds', problem: 'too few', value: 2, accepted: 'at least 3' });
  }),
  unsendable: task('unsendable', async () => () => 5),
  die: task('die', async () => process.exit(3)),
};
`;

let folder: string;
let module_: string;
const crews: ThreadCrew[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-crew-'));
  module_ = join(folder, 'tasks.js');
  writeFileSync(module_, MODULE);
});
afterEach(async () => {
  await Promise.all(crews.splice(0).map((crew) => crew.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function open(options: Partial<ThreadCrewOptions> = {}): Promise<ThreadCrew> {
  const crew = await threadCrew({ hands: 2, engine: 'reference', ...options });
  crews.push(crew);
  return crew;
}

/** A task of the module above, as others name it. */
function task<Input, Output>(name: string): Task<Input, Output> {
  return { module: module_, name, run: () => Promise.reject(new Error('tasks run in threads')) };
}

describe('a crew of threads', () => {
  it('does each task with its own input, however many hands', async () => {
    for (const hands of [1, 3]) {
      const crew = await open({ hands });
      const asked = Array.from({ length: 30 }, (_, value) => value);
      expect(await Promise.all(asked.map((value) => crew.run(task<{ value: number }, number>('square'), { value })))).toEqual(
        asked.map((value) => value * value),
      );
      expect(crew.hands).toBe(hands);
    }
  });

  it('says whose engine it is, and lends it to each task', async () => {
    const crew = await open();
    expect(crew.engine).toEqual(inlineCrew(referenceEngine).engine);
    expect(await crew.run(task('product'), {})).toEqual({ out: Int32Array.of(1, 2, 3, 4), engine: 'reference' });
  });

  it('shares arrays over shared buffers, copies others, and loads a module once a thread', async () => {
    const crew = await open({ hands: 1 });
    const shared = sharedFloat64(3);
    const own = new Float64Array(1);
    for (const index of [0, 1, 2]) expect(await crew.run(task('write'), { shared, own, index })).toEqual({ own: Float64Array.of(99), loads: 1 });
    expect([...shared]).toEqual([1, 2, 3]);
    expect(own[0]).toBe(0);
  });

  it('has as many tasks under way as it has hands', async () => {
    const crew = await open({ hands: 3 });
    const gate = new SharedArrayBuffer(4);
    const threads = await Promise.all([0, 1, 2].map(() => crew.run(task<unknown, number>('meet'), { gate, hands: 3 })));
    expect(new Set(threads).size).toBe(3);
  });

  it("passes on a task's error with its reason and facts", async () => {
    const failed = await (await open()).run(task('refuse'), {}).catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(InputError);
    expect(failed).toMatchObject({ field: 'folds', value: '2', accepted: 'at least 3' });
  });

  it('says which task it does not find, and which module', async () => {
    const crew = await open();
    await expect(crew.run(task('none'), {})).rejects.toMatchObject({ reason: 'INTERNAL', message: `${module_} exports no task "none"` });
    await expect(crew.run({ ...task('none'), module: join(folder, 'absent.js') }, {})).rejects.toThrow('absent.js');
  });

  it('rejects what cannot be sent, there or back, and goes on', async () => {
    const crew = await open({ hands: 1 });
    await expect(crew.run(task('square'), { value: () => 5 })).rejects.toMatchObject({ reason: 'INTERNAL' });
    await expect(crew.run(task('unsendable'), {})).rejects.toMatchObject({ reason: 'INTERNAL' });
    expect(await crew.run(task('square'), { value: 3 })).toBe(9);
  });

  it('rejects the task whose thread is lost, and goes on with the others', async () => {
    const crew = await open({ hands: 1 });
    const lost = crew.run(task('die'), {});
    const next = crew.run(task('square'), { value: 4 });
    await expect(lost).rejects.toMatchObject({ reason: 'INTERNAL', message: 'a worker thread ended with code 3' });
    expect(await next).toBe(16);
  });

  it('closes once the tasks that run have ended, and refuses the rest', async () => {
    const crew = await open({ hands: 1 });
    const gate = new SharedArrayBuffer(12);
    const cell = new Int32Array(gate);
    const running = crew.run(task('hold'), { gate });
    const waiting = crew.run(task('square'), { value: 1 });
    waiting.catch(() => undefined);
    const closing = crew.close();
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED' });
    await expect(crew.run(task('square'), { value: 1 })).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    Atomics.store(cell, 0, 1);
    Atomics.notify(cell, 0);
    await running;
    await closing;
    expect(cell[2]).toBe(1);
  });

  it('gives up the tasks that wait when the work they are for has ended, and no others', async () => {
    const crew = await open({ hands: 1 });
    const stop = new AbortController();
    const gate = new SharedArrayBuffer(12);
    const running = crew.until(stop.signal).run(task('hold'), { gate });
    const waiting = Array.from({ length: 20 }, () => crew.until(stop.signal).run(task('square'), { value: 1 }));
    const other = crew.run(task('square'), { value: 5 });
    stop.abort();
    for (const given of waiting) await expect(given).rejects.toMatchObject({ reason: 'CANCELLED' });
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await running;
    expect(await other).toBe(25);
  });

  it('does not start where its engine is unknown', async () => {
    await expect(threadCrew({ hands: 2, engine: 'abacus' as 'reference' })).rejects.toMatchObject({ name: 'InputError', field: 'engine' });
  });

  it('multiplies with onnxruntime, and closes while products run', async () => {
    const crew = await open({ engine: 'onnxruntime' });
    expect(crew.engine.name).toBe('onnxruntime');
    const products = [0, 1, 2, 3].map(() => crew.run(task<unknown, { out: Int32Array }>('product'), {}).catch(() => undefined));
    await crew.close();
    for (const result of await Promise.all(products)) if (result) expect(result.out).toEqual(Int32Array.of(1, 2, 3, 4));
  });
});
