import { cancelled } from '@fathom/errors';
import { checkKey, checkPrefix, checkRange, noSuchObject } from './keys.js';
import type { ObjectStore } from './object-store.js';

/** A store that lives as long as the process. For tests. */
export function memoryStore(): ObjectStore {
  const objects = new Map<string, Uint8Array>();
  return {
    name: 'memory',
    put: async (key, bytes, { ifAbsent = false, signal } = {}) => {
      checkKey(key);
      if (signal?.aborted) throw cancelled(`storing ${key}`);
      if (ifAbsent && objects.has(key)) return 'present';
      objects.set(key, Uint8Array.from(bytes));
      return 'stored';
    },
    get: async (key, { offset, length, signal } = {}) => {
      checkKey(key);
      if (signal?.aborted) throw cancelled(`reading ${key}`);
      const bytes = objects.get(key);
      if (bytes === undefined) throw noSuchObject('memory', key);
      const range = checkRange(key, bytes.length, offset, length);
      return bytes.slice(range.offset, range.offset + range.length);
    },
    head: async (key, { signal } = {}) => {
      checkKey(key);
      if (signal?.aborted) throw cancelled(`looking for ${key}`);
      const bytes = objects.get(key);
      return bytes && { size: bytes.length };
    },
    list: async function* (prefix, { startAfter = '', signal } = {}) {
      checkPrefix(prefix);
      for (const key of [...objects.keys()].filter((each) => each.startsWith(prefix) && each > startAfter).sort()) {
        if (signal?.aborted) throw cancelled(`listing ${prefix}`);
        const bytes = objects.get(key);
        if (bytes !== undefined) yield { key, size: bytes.length };
      }
    },
    delete: async (key, { signal } = {}) => {
      checkKey(key);
      if (signal?.aborted) throw cancelled(`deleting ${key}`);
      objects.delete(key);
    },
  };
}
