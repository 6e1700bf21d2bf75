import { referenceEngine, type IntegerEngine, type Task } from '@fathom/exact';
import { singleCrew } from './single-crew.js';

const product: Task<number, number> = {
  module: __filename,
  name: 'product',
  run: async (value, engine) => {
    const out = new Int32Array(1);
    await engine.product(Uint8Array.of(128 + value), Int8Array.of(value), { rows: 1, steps: 1, columns: 1 }, out);
    return out[0]!;
  },
};

/** An engine whose products begin and wait until they are let go. */
function heldEngine() {
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const engine: IntegerEngine = {
    ...referenceEngine,
    product: async (left, right, shape, out) => {
      await gate;
      if (out.length === 0) throw new Error('a product that fails');
      await referenceEngine.product(left, right, shape, out);
    },
  };
  return { engine, letGo };
}

describe('a crew of one', () => {
  it('does tasks in this thread, with its engine', async () => {
    const crew = singleCrew(referenceEngine);
    expect(crew.engine).toEqual({ name: 'reference', version: '1', way: 'float64' });
    expect(await crew.run(product, 7)).toBe(49);
    await crew.close();
  });

  it('closes once every product has ended, also those of tasks that were given up and those that failed', async () => {
    const { engine, letGo } = heldEngine();
    const crew = singleCrew(engine);
    const failing: Task<number, void> = {
      module: __filename,
      name: 'failing',
      run: (_value, own) => own.product(new Uint8Array(0), new Int8Array(0), { rows: 0, steps: 0, columns: 0 }, new Int32Array(0)),
    };
    const products = [crew.run(product, 3), crew.run(failing, 0).catch(() => -1)];
    const events: string[] = [];
    const closing = crew.close().then(() => events.push('closed'));
    await new Promise((resolve) => setImmediate(resolve));
    events.push('let go');
    letGo();
    await closing;
    expect(events).toEqual(['let go', 'closed']);
    expect(await Promise.all(products)).toEqual([9, -1]);
  });

  it('closes after the products that a task left behind', async () => {
    const { engine, letGo } = heldEngine();
    const crew = singleCrew(engine);
    const out = new Int32Array(1);
    const leaving: Task<number, void> = {
      module: __filename,
      name: 'leaving',
      run: async (_value, own) => void own.product(Uint8Array.of(131), Int8Array.of(4), { rows: 1, steps: 1, columns: 1 }, out),
    };
    await crew.run(leaving, 0);
    const closing = crew.close().then(() => out[0]);
    await new Promise((resolve) => setImmediate(resolve));
    letGo();
    expect(await closing).toBe(12);
  });

  it('begins no task once the work that it is for has ended', async () => {
    const stop = new AbortController();
    const crew = singleCrew(referenceEngine).until(stop.signal);
    expect(await crew.run(product, 2)).toBe(4);
    stop.abort();
    await expect(crew.run(product, 2)).rejects.toMatchObject({ reason: 'CANCELLED' });
  });
});
