import fc from 'fast-check';
import { memoryStore } from './memory-store.js';
import type { ObjectStore, PresignOptions } from './object-store.js';
import { tenantsOf, tenantStore } from './tenant-store.js';

const bytes = Uint8Array.of(1, 2);

async function keysOf(store: ObjectStore, prefix = '', startAfter = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, { startAfter })) keys.push(key);
  return keys;
}

describe("a tenant's store", () => {
  it('is a store of its own: whatever others do, it is as if they were not there', async () => {
    const key = fc.constantFrom('a', 'b/x', 'b/y', 'b-z', 'tenants/a/b', 'tenants/a-b/a');
    const step = fc.record({
      tenant: fc.constantFrom('a', 'a-b', 'b', ''),
      kind: fc.constantFrom('put' as const, 'putIfAbsent' as const, 'delete' as const),
      key,
      content: fc.uint8Array({ maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), key, async (steps, after) => {
        const shared = memoryStore();
        const stores = new Map(['a', 'a-b', 'b'].map((tenant) => [tenant, tenantStore(shared, tenant)]));
        const alone = new Map(['a', 'a-b', 'b'].map((tenant) => [tenant, memoryStore()]));
        for (const { tenant, kind, key: named, content } of steps) {
          const mine = [stores.get(tenant), alone.get(tenant)];
          if (tenant === '')
            await shared.put(`artifacts/${named}`, content); // what lies beside all tenants
          else if (kind === 'delete') for (const store of mine) await store!.delete(named);
          else {
            const told = await Promise.all(mine.map((store) => store!.put(named, content, { ifAbsent: kind === 'putIfAbsent' })));
            expect(told[0]).toBe(told[1]);
          }
        }
        for (const [tenant, store] of stores) {
          const own = alone.get(tenant)!;
          for (const prefix of ['', 'b', 'b/', 'tenants/'])
            for (const startAfter of ['', after]) expect(await keysOf(store, prefix, startAfter)).toEqual(await keysOf(own, prefix, startAfter));
          for (const each of await keysOf(own)) {
            expect(await store.get(each)).toEqual(await own.get(each));
            expect(await store.head(each)).toEqual(await own.head(each));
          }
          await expect(store.get('c')).rejects.toMatchObject({ reason: 'NOT_FOUND' });
        }
      }),
    );
  });

  it('lies below tenants/ and its name', async () => {
    const shared = memoryStore();
    await tenantStore(shared, 'a').put('k/l', bytes);
    expect(await keysOf(shared)).toEqual(['tenants/a/k/l']);
    expect(tenantStore(shared, 'a').name).toBe('memory, tenant a');
  });

  it.each(['', '/b', '../b/k', 'k/../../b/k', 'k/', '.', 'K'])('does not take %j for a key', async (key) => {
    const store = tenantStore(memoryStore(), 'a');
    for (const call of [store.put(key, bytes), store.get(key), store.head(key), store.delete(key)])
      await expect(call).rejects.toMatchObject({ field: 'key', value: key });
    if (key !== '') await expect(keysOf(store, key === 'k/' ? 'k//' : key)).rejects.toMatchObject({ field: 'prefix' });
  });

  it.each(['', 'a/b', '../a', 'A', '-a', 'a/', '.'])('cannot be that of %j', (tenant) => {
    expect(() => tenantStore(memoryStore(), tenant)).toThrow('tenant: is no name of a tenant');
  });

  it('makes requests for its own objects, where the store can make any', () => {
    const options: PresignOptions = { method: 'GET', expirySeconds: 60 };
    const signed = { method: 'GET' as const, url: 'https://host', headers: {} };
    const presign = jest.fn(() => signed);
    expect(tenantStore({ ...memoryStore(), presign }, 'a').presign!('k', options)).toBe(signed);
    expect(presign).toHaveBeenCalledWith('tenants/a/k', options);
    expect(() => tenantStore({ ...memoryStore(), presign }, 'a').presign!('../b/k', options)).toThrow('key: not a key');
    expect(tenantStore(memoryStore(), 'a').presign).toBeUndefined();
  });
});

it('tenants that have objects are found, in order', async () => {
  const shared = memoryStore();
  await shared.put('artifacts/x', bytes);
  expect(await tenantsOf(shared)).toEqual([]);
  for (const tenant of ['b', 'a', 'a-b']) for (const key of ['k', 'l/m']) await tenantStore(shared, tenant).put(key, bytes);
  expect((await tenantsOf(shared)).sort()).toEqual(['a', 'a-b', 'b']);
});
