import { FathomError } from '@fathom/errors';
import { measuredStore, type StoreCall } from './measured-store.js';
import { memoryStore } from './memory-store.js';
import type { ObjectStore } from './object-store.js';

function measured(store: ObjectStore = memoryStore()) {
  const told: Omit<StoreCall, 'seconds'>[] = [];
  const tell = ({ seconds, ...call }: StoreCall): void => {
    expect(seconds).toBeGreaterThanOrEqual(0);
    told.push(call);
  };
  return { store: measuredStore(store, tell), told };
}

const call = (name: StoreCall['call'], outcome: StoreCall['outcome'], readBytes = 0, writtenBytes = 0) => ({
  call: name,
  outcome,
  readBytes,
  writtenBytes,
});

it('answers as the store does, and tells of every call and of the bytes that went', async () => {
  const { store, told } = measured();
  const bytes = Uint8Array.of(1, 2, 3, 4);
  expect(await store.put('a', bytes, { ifAbsent: true })).toBe('stored');
  expect(await store.put('a', bytes, { ifAbsent: true })).toBe('present');
  expect(await store.get('a', { offset: 1, length: 2 })).toEqual(Uint8Array.of(2, 3));
  expect(await store.head('a')).toEqual({ size: 4 });
  const keys: string[] = [];
  for await (const { key } of store.list('')) keys.push(key);
  expect(keys).toEqual(['a']);
  await store.delete('a');
  expect(told).toEqual([
    call('put', 'ok', 0, 4),
    call('put', 'ok'),
    call('get', 'ok', 2),
    call('head', 'ok'),
    call('list', 'ok'),
    call('delete', 'ok'),
  ]);
});

it('tells what is absent from what failed', async () => {
  const { store, told } = measured();
  expect(await store.head('none')).toBeUndefined();
  await expect(store.get('none')).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  await expect(store.get('/')).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
  expect(told).toEqual([call('head', 'absent'), call('get', 'absent'), call('get', 'failed')]);
});

it('a listing counts once, whether its reader stops early or the store fails in the middle', async () => {
  const store = memoryStore();
  for (const key of ['a', 'b']) await store.put(key, new Uint8Array(1));
  const { store: whole, told } = measured(store);
  for await (const { key } of whole.list('')) if (key === 'a') break;
  const broken = measured({
    ...store,
    list: async function* () {
      yield { key: 'a', size: 1 };
      throw new FathomError('STORE_UNAVAILABLE', 'gone');
    },
  });
  const reading = async (): Promise<void> => {
    for await (const { key } of broken.store.list('')) expect(key).toBe('a');
  };
  await expect(reading()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
  expect([told, broken.told]).toEqual([[call('list', 'ok')], [call('list', 'failed')]]);
});

it('a caller who stops a call stops it in the store, and what the store can do beside is left as it is', async () => {
  const { store } = measured();
  const stopped = { signal: AbortSignal.abort() };
  for (const call of [store.head('a', stopped), store.delete('a', stopped), store.get('a', stopped), store.put('a', new Uint8Array(1), stopped)])
    await expect(call).rejects.toMatchObject({ reason: 'CANCELLED' });
  expect(store.presign).toBeUndefined();
  const signs = measured({ ...memoryStore(), presign: (key) => ({ url: `http://s/${key}` }) as never });
  expect(signs.store.presign?.('a', { method: 'GET', expirySeconds: 1 })).toEqual({ url: 'http://s/a' });
  expect(signs.told).toEqual([]);
});
