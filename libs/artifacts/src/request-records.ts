import type { ObjectStore } from '@fathom/store';
import { canonicalJson, sha256Hex, type Json } from '@fathom/tensors';
import { corrupt, putOnce } from './blobs.js';
import { isCatalogued } from './catalogue.js';
import { digestHex, isContentDigest } from './digests.js';
import { encodeDocument, failedFor, readOptional } from './documents.js';

/** Content digest of the artifact that a request led to; undefined while there is none. @throws FathomError CORRUPT_DATA */
export async function readResult(objects: ObjectStore, request: string): Promise<string | undefined> {
  const key = resultKey(request);
  const content = (await readOptional(objects, key))?.['content'];
  if (content === undefined || isContentDigest(content)) return content;
  throw corrupt(objects, key, 'it names no artifact');
}

/** Records the result of a request; the first stays, as long as its artifact is there. @returns what is recorded now */
export async function writeResult(objects: ObjectStore, request: string, digest: string): Promise<string> {
  const key = resultKey(request);
  const content = `sha256:${digestHex(digest, 'result')}`;
  const document = encodeDocument({ content });
  if ((await objects.put(key, document, { ifAbsent: true })) === 'stored') return content;
  const first = await readResult(objects, request).catch((thrown: unknown) => {
    if (failedFor(thrown, 'CORRUPT_DATA')) return undefined;
    throw thrown;
  });
  if (first !== undefined && (await isCatalogued(objects, first))) return first;
  await objects.put(key, document);
  return content;
}

/** A finished part of the work on a request; undefined while there is none. @throws FathomError CORRUPT_DATA */
export async function readPart(objects: ObjectStore, request: string, name: string): Promise<Json | undefined> {
  const key = partKey(request, name);
  const document = await readOptional(objects, key);
  if (document === undefined) return undefined;
  const value = document['value'] as Json | undefined;
  if (value === undefined || document['sha256'] !== sha256Hex(canonicalJson(value)))
    throw corrupt(objects, key, 'its value does not match its digest');
  return value;
}

/**
 * Records a finished part, with the digest of its value. The first stays: what is put together rests on it, and who was too slow, and was
 * followed by somebody else, changes nothing any more.
 */
export async function writePart(objects: ObjectStore, request: string, name: string, value: Json): Promise<void> {
  await putOnce(objects, partKey(request, name), encodeDocument({ sha256: sha256Hex(canonicalJson(value)), value }));
}

function resultKey(request: string): string {
  return `results/${digestHex(request, 'request')}`;
}

function partKey(request: string, name: string): string {
  return `parts/${digestHex(request, 'request')}/${name}`;
}
