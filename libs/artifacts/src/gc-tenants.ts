import type { ObjectStore } from '@fathom/store';

const FOLDER = 'tenants/';

/** Names of the tenants that have objects in a store, in order. */
export async function tenantsOf(objects: ObjectStore): Promise<string[]> {
  const found: string[] = [];
  // After a tenant's first object, "0" (the character after "/") leads to the next tenant.
  for (let startAfter = ''; ;) {
    const first = await firstOf(objects.list(FOLDER, { startAfter }));
    if (first === undefined) return found;
    const tenant = first.key.slice(FOLDER.length).split('/', 1)[0]!;
    found.push(tenant);
    startAfter = `${FOLDER}${tenant}0`;
  }
}

/** The objects of one tenant as a store of their own. */
export function tenantStore(objects: ObjectStore, tenant: string): ObjectStore {
  const prefix = `${FOLDER}${tenant}/`;
  return {
    name: `${objects.name}, tenant ${tenant}`,
    put: (key, bytes, options) => objects.put(prefix + key, bytes, options),
    get: (key, options) => objects.get(prefix + key, options),
    head: (key, options) => objects.head(prefix + key, options),
    delete: (key, options) => objects.delete(prefix + key, options),
    async *list(from, { startAfter = '', ...options } = {}) {
      const found = objects.list(prefix + from, { ...options, startAfter: startAfter === '' ? '' : prefix + startAfter });
      for await (const { key, ...facts } of found) yield { ...facts, key: key.slice(prefix.length) };
    },
  };
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}
