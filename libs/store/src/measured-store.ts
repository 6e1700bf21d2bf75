import { FathomError } from '@fathom/errors';
import type { ObjectStore } from './object-store.js';

/** The calls of a store that move bytes or ask for them. */
export const STORE_CALLS = ['put', 'get', 'head', 'list', 'delete'] as const;

/** How a call ended: as it should, without the object that it was about, or with an error. */
export const STORE_OUTCOMES = ['ok', 'absent', 'failed'] as const;

/** One call of a store that has ended. */
export interface StoreCall {
  readonly call: (typeof STORE_CALLS)[number];
  readonly outcome: (typeof STORE_OUTCOMES)[number];
  readonly seconds: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** The store, which tells of each of its calls once it has ended. A listing has ended when its reader stops. */
export function measuredStore(store: ObjectStore, tell: (ended: StoreCall) => void): ObjectStore {
  const begin = (call: StoreCall['call']) => {
    const begun = process.hrtime.bigint();
    return (outcome: StoreCall['outcome'], readBytes = 0, writtenBytes = 0): void =>
      tell({ call, outcome, seconds: Number(process.hrtime.bigint() - begun) / 1e9, readBytes, writtenBytes });
  };
  const measured = async <T>(call: StoreCall['call'], work: Promise<T>, bytes: (result: T) => [read: number, written: number]): Promise<T> => {
    const end = begin(call);
    try {
      const result = await work;
      end(call === 'head' && result === undefined ? 'absent' : 'ok', ...bytes(result));
      return result;
    } catch (error) {
      end(FathomError.from(error).reason === 'NOT_FOUND' ? 'absent' : 'failed');
      throw error;
    }
  };
  return {
    name: store.name,
    put: (key, bytes, options) => measured('put', store.put(key, bytes, options), (done) => [0, done === 'stored' ? bytes.length : 0]),
    get: (key, options) => measured('get', store.get(key, options), ({ length }) => [length, 0]),
    head: (key, options) => measured('head', store.head(key, options), () => [0, 0]),
    delete: (key, options) => measured('delete', store.delete(key, options), () => [0, 0]),
    async *list(prefix, options) {
      const end = begin('list');
      let outcome: StoreCall['outcome'] = 'ok'; // also where the reader stops early
      try {
        yield* store.list(prefix, options);
      } catch (error) {
        outcome = 'failed';
        throw error;
      } finally {
        end(outcome);
      }
    },
    ...(store.presign && { presign: store.presign.bind(store) }),
  };
}
