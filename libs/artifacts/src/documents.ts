import { FathomError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { canonicalJson } from '@fathom/tensors';
import { corrupt } from './blobs.js';

/** A small document as bytes: canonical JSON. */
export function encodeDocument(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

/** Reads a document. @throws FathomError NOT_FOUND; CORRUPT_DATA when it is no JSON object */
export async function readDocument(objects: ObjectStore, key: string): Promise<Record<string, unknown>> {
  return parseDocument(objects, key, await objects.get(key));
}

/** Reads a document that may be absent. @throws FathomError CORRUPT_DATA when it is no JSON object */
export async function readOptional(objects: ObjectStore, key: string): Promise<Record<string, unknown> | undefined> {
  return readDocument(objects, key).catch((thrown: unknown) => {
    if (failedFor(thrown, 'NOT_FOUND')) return undefined;
    throw thrown;
  });
}

/** The JSON object that the bytes of an object are. @throws FathomError CORRUPT_DATA */
export function parseDocument(objects: ObjectStore, key: string, bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(objects, key, 'it is no JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt(objects, key, 'it is no JSON object');
  return value as Record<string, unknown>;
}

/** Whether something thrown is a FathomError with one of these reasons. */
export function failedFor(thrown: unknown, ...reasons: FathomError['reason'][]): boolean {
  return thrown instanceof FathomError && reasons.includes(thrown.reason);
}
