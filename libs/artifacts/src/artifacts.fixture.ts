import { memoryStore, type ObjectStore } from '@fathom/store';
import { float64Tensor, type Tensor } from '@fathom/tensors';
import type { Provenance } from './manifest.js';

/** Where test artifacts come from. */
export const provenance: Provenance = {
  job: 'test',
  requestDigest: 'sha256:00',
  request: { of: 'a test' },
  inputs: [],
  codeVersion: '0.1.0',
  engine: null,
  determinism: 'PORTABLE',
};

/** A matrix whose every value differs. */
export function matrix(name: string, rows: number, columns: number): Tensor {
  return float64Tensor(
    name,
    [rows, columns],
    Float64Array.from({ length: rows * columns }, (_, i) => ((i * 7919) % 100_003) / 8 - 5000),
  );
}

/** A digest that nothing has. */
export const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/** What someone may do to a store behind our back. */
export async function replaceJson(objects: ObjectStore, key: string, change: (document: never) => unknown): Promise<void> {
  const document = JSON.parse(Buffer.from(await objects.get(key)).toString()) as never;
  await objects.put(key, Buffer.from(JSON.stringify(change(document) ?? document)));
}

/** A store in memory that counts reads, and refuses the writes that a test wants refused. */
export function watchedStore(refuse: (key: string) => Error | undefined = () => undefined): ObjectStore & { reads: string[]; writes: string[] } {
  const inner = memoryStore();
  const reads: string[] = [];
  const writes: string[] = [];
  return {
    ...inner,
    reads,
    writes,
    get: (key, options) => {
      reads.push(key);
      return inner.get(key, options);
    },
    put: (key, bytes, options) => {
      writes.push(key);
      const error = refuse(key);
      return error === undefined ? inner.put(key, bytes, options) : Promise.reject(error);
    },
  };
}
