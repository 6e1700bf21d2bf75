import { FathomError } from '@fathom/errors';
import { tellStoreTrouble, type ObjectStore } from '@fathom/store';
import { sha256Hex } from '@fathom/tensors';
import { removalOf } from './gc-announcement.js';

/** Key of the object whose bytes have this SHA-256. */
export function blobKey(sha256: string): string {
  return `blobs/${sha256.slice(0, 2)}/${sha256}`;
}

/** Stores bytes under their SHA-256; what is there already is left. */
export async function putBlob(objects: ObjectStore, bytes: Uint8Array): Promise<{ key: string; sha256: string }> {
  const sha256 = sha256Hex(bytes);
  const key = blobKey(sha256);
  await putOnce(objects, key, bytes);
  return { key, sha256 };
}

/** Stores an object unless it is there; one that is about to be removed as garbage is stored again thereafter. */
export async function putOnce(objects: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  const put = () => objects.put(key, bytes, { ifAbsent: true });
  if ((await put()) === 'present' && (await removalOf(objects, key))) await put();
}

/** Reads a blob. @throws FathomError NOT_FOUND; CORRUPT_DATA when its bytes do not have the SHA-256 of its key */
export async function getBlob(objects: ObjectStore, key: string): Promise<Uint8Array> {
  return readAgain(async () => {
    const bytes = await objects.get(key);
    checkBlob(objects, key, bytes);
    return bytes;
  });
}

/** Reads a blob that another object names, so that it has to be there. @throws FathomError CORRUPT_DATA as {@link getBlob}, and when it is missing */
export async function getNamedBlob(objects: ObjectStore, key: string): Promise<Uint8Array> {
  return readAgain(async () => {
    const bytes = await getNamed(objects, key);
    checkBlob(objects, key, bytes);
    return bytes;
  });
}

/** Reads something, and once more where it was damaged: perhaps on its way, not where it lies. */
export async function readAgain<T>(read: () => Promise<T>): Promise<T> {
  return read().catch((thrown: unknown) => {
    if (!(thrown instanceof FathomError) || thrown.reason !== 'CORRUPT_DATA') throw thrown;
    const { store = '', key = '' } = thrown.metadata;
    tellStoreTrouble({ store, doing: `reading ${key}`, problem: thrown.message });
    return read();
  });
}

/** Reads an object that another one names, for a caller that checks its bytes. @throws FathomError CORRUPT_DATA when it is missing */
export async function getNamed(objects: ObjectStore, key: string): Promise<Uint8Array> {
  return objects.get(key).catch((thrown: unknown) => {
    throw thrown instanceof FathomError && thrown.reason === 'NOT_FOUND' ? corrupt(objects, key, 'it is missing', thrown) : thrown;
  });
}

/** @throws FathomError CORRUPT_DATA when bytes do not have the SHA-256 of their key */
export function checkBlob(objects: ObjectStore, key: string, bytes: Uint8Array): void {
  const found = sha256Hex(bytes);
  if (key !== blobKey(found)) throw corrupt(objects, key, `its bytes have the SHA-256 ${found}`);
}

/** The error for an object that cannot be trusted. */
export function corrupt(objects: ObjectStore, key: string, why: string, cause?: unknown): FathomError {
  return new FathomError('CORRUPT_DATA', `object ${key} of ${objects.name} is damaged: ${why}`, {
    metadata: { store: objects.name, key },
    cause,
  });
}
