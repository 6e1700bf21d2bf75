import { FathomError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { sha256Hex } from '@fathom/tensors';

/** Key of the object whose bytes have this SHA-256. */
export function blobKey(sha256: string): string {
  return `blobs/${sha256.slice(0, 2)}/${sha256}`;
}

/** Stores bytes under their SHA-256; what is there already is left. */
export async function putBlob(objects: ObjectStore, bytes: Uint8Array): Promise<{ key: string; sha256: string }> {
  const sha256 = sha256Hex(bytes);
  const key = blobKey(sha256);
  await objects.put(key, bytes, { ifAbsent: true });
  return { key, sha256 };
}

/** Reads a blob. @throws FathomError NOT_FOUND; CORRUPT_DATA when its bytes do not have the SHA-256 of its key */
export async function getBlob(objects: ObjectStore, key: string): Promise<Uint8Array> {
  const bytes = await objects.get(key);
  const found = sha256Hex(bytes);
  if (key !== blobKey(found)) throw corrupt(objects, key, `its bytes have the SHA-256 ${found}`);
  return bytes;
}

/** The error for an object that cannot be trusted. */
export function corrupt(objects: ObjectStore, key: string, why: string, cause?: unknown): FathomError {
  return new FathomError('CORRUPT_DATA', `object ${key} of ${objects.name} is damaged: ${why}`, {
    metadata: { store: objects.name, key },
    cause,
  });
}
