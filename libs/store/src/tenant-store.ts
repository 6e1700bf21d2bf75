import { InputError } from '@fathom/errors';
import { checkKey, checkPrefix, isKey } from './keys.js';
import type { ObjectStore } from './object-store.js';

const FOLDER = 'tenants/';

/**
 * The objects of one tenant, those below `tenants/<tenant>/`, as a store of their own: nothing else can be named through it. Errors of the
 * store below name the whole key, which counts for the length of keys.
 * @throws InputError where the tenant's name is not one part of a key
 */
export function tenantStore(objects: ObjectStore, tenant: string): ObjectStore {
  if (!isKey(tenant) || tenant.includes('/'))
    throw new InputError({
      field: 'tenant',
      problem: 'is no name of a tenant',
      value: tenant,
      accepted: '1 to 63 lower-case letters, digits and hyphens, no hyphen first',
    });
  const folder = `${FOLDER}${tenant}/`;
  const whole = (key: string): string => {
    checkKey(key);
    return folder + key;
  };
  return {
    name: `${objects.name}, tenant ${tenant}`,
    put: async (key, bytes, options) => objects.put(whole(key), bytes, options),
    get: async (key, options) => objects.get(whole(key), options),
    head: async (key, options) => objects.head(whole(key), options),
    delete: async (key, options) => objects.delete(whole(key), options),
    async *list(prefix, { startAfter = '', ...options } = {}) {
      checkPrefix(prefix);
      const found = objects.list(folder + prefix, { ...options, startAfter: startAfter === '' ? '' : folder + startAfter });
      for await (const { key, size } of found) yield { key: key.slice(folder.length), size };
    },
    ...(objects.presign && { presign: (key, options) => objects.presign!(whole(key), options) }),
  };
}

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

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}
