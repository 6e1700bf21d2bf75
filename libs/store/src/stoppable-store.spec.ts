import { cancelled } from '@fathom/errors';
import { memoryStore } from './memory-store.js';
import { describeObjectStore } from './object-store-contract.fixture.js';
import type { CallOptions, ObjectStore } from './object-store.js';
import { stoppableStore } from './stoppable-store.js';

/** A store that answers nobody, until he stops asking. */
function silentStore(): ObjectStore {
  const silence = ({ signal }: CallOptions = {}): Promise<never> =>
    new Promise((_answer, reject) => {
      if (signal?.aborted) reject(cancelled());
      else signal?.addEventListener('abort', () => reject(cancelled()), { once: true });
    });
  return {
    name: 'silent',
    put: (_key, _bytes, options) => silence(options),
    get: (_key, options) => silence(options),
    head: (_key, options) => silence(options),
    delete: (_key, options) => silence(options),
    // eslint-disable-next-line require-yield -- it never comes to that
    async *list(_prefix, options) {
      await silence(options);
    },
  };
}

const CALLS: Readonly<Record<string, (store: ObjectStore, options?: CallOptions) => Promise<unknown>>> = {
  put: (store, options) => store.put('a', Uint8Array.of(1), options),
  get: (store, options) => store.get('a', { ...options, offset: 0 }),
  head: (store, options) => store.head('a', options),
  delete: (store, options) => store.delete('a', options),
  list: async (store, options) => {
    for await (const { key } of store.list('', options)) return key;
    return undefined;
  },
};

describe.each(Object.entries(CALLS))('%s', (_name, call) => {
  it('is stopped by the signal of the moment in which it began', async () => {
    let work = new AbortController();
    const store = stoppableStore(silentStore(), () => work.signal);
    const [first, signal] = [call(store), work];
    work = new AbortController();
    const second = call(store);
    signal.abort();
    await expect(first).rejects.toMatchObject({ reason: 'CANCELLED' });
    const other = Symbol('still waits');
    expect(await Promise.race([second, new Promise((soon) => setImmediate(soon, other))])).toBe(other);
    work.abort();
    await expect(second).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  it('is stopped by its own signal, where it brings one', async () => {
    const own = new AbortController();
    const waiting = call(
      stoppableStore(silentStore(), () => undefined),
      { signal: own.signal },
    );
    own.abort();
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED' });
  });
});

describeObjectStore('store that can be stopped', () => Promise.resolve(stoppableStore(memoryStore(), () => undefined)));
