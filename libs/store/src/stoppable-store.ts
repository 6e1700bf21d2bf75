import type { ObjectStore } from './object-store.js';

/** The store, whose calls are stopped by a signal, which is asked for at each call. A call that brings a signal of its own keeps that. */
export function stoppableStore(store: ObjectStore, present: () => AbortSignal | undefined): ObjectStore {
  const stopped = <T extends object>(options: T | undefined): T & { signal?: AbortSignal | undefined } => ({ signal: present(), ...options! });
  return {
    name: store.name,
    put: (key, bytes, options) => store.put(key, bytes, stopped(options)),
    get: (key, options) => store.get(key, stopped(options)),
    head: (key, options) => store.head(key, stopped(options)),
    list: (prefix, options) => store.list(prefix, stopped(options)),
    delete: (key, options) => store.delete(key, stopped(options)),
    ...(store.presign && { presign: store.presign.bind(store) }),
  };
}
