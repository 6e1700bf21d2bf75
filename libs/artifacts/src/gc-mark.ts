import type { ObjectStore } from '@fathom/store';
import { blobKey } from './blobs.js';
import { readManifest } from './catalogue.js';
import { failedFor, parseDocument, readOptional } from './documents.js';

const DIGESTS = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g;
/** Of operations in these states, somebody works or will go on with the parts that are there. */
const UNFINISHED = ['RUNNING', 'INTERRUPTED'];

/**
 * Keys of all that is needed: what studies, operations that have not ended and `roots` name, and what that is made of. A word of 64
 * hexadecimal digits in a record is taken for a name, whatever stands around it, so that nothing is missed.
 * @param roots content digests to be kept too
 * @param now milliseconds since 1970, which uploads expire by
 * @throws FathomError CORRUPT_DATA where something needed cannot be read: then nobody knows what else is
 */
export async function markNeeded(objects: ObjectStore, roots: readonly string[], now: number): Promise<Set<string>> {
  const kept = new Set<string>();
  const todo = roots.flatMap(digestsIn);
  for await (const { key } of objects.list('studies/')) todo.push(...digestsIn(await textOf(objects, key)));
  for await (const { key } of objects.list('operations/')) todo.push(...(await neededByOperation(objects, key, kept)));
  for await (const { key } of objects.list('uploads/records/')) await keepUpload(objects, key, now, kept);
  const there = new Set<string>();
  for (const folder of ['artifacts/', 'results/']) for await (const { key } of objects.list(folder)) there.add(key);
  const seen = new Set<string>();
  for (let digest = todo.pop(); digest !== undefined; digest = todo.pop()) {
    if (seen.has(digest)) continue;
    seen.add(digest);
    const keys = [`artifacts/${digest}`, `results/${digest}`, blobKey(digest)];
    for (const key of keys) kept.add(key);
    const documents = await Promise.all([
      there.has(keys[0]!) ? describedBy(objects, digest) : undefined,
      there.has(keys[1]!) ? readOptional(objects, keys[1]!) : undefined,
    ]);
    for (const name of digestsIn(JSON.stringify(documents))) if (!seen.has(name)) todo.push(name);
  }
  return kept;
}

/** The pointer to an artifact and its manifest; undefined where it has gone meanwhile. */
async function describedBy(objects: ObjectStore, digest: string): Promise<unknown> {
  const pointer = await readOptional(objects, `artifacts/${digest}`);
  return pointer && [pointer, await readManifest(objects, digest)];
}

async function neededByOperation(objects: ObjectStore, key: string, kept: Set<string>): Promise<string[]> {
  if (!/\/[0-9]{8}$/.test(key)) return [];
  const text = await textOf(objects, key);
  if (text === '') return [];
  const { digest, job, state } = parseDocument(objects, key, new TextEncoder().encode(text));
  if (!UNFINISHED.includes(state as string)) return job === 'study.run' ? digestsIn(text) : [];
  const found = digestsIn(text);
  for await (const part of objects.list(`parts/${digest as string}/`)) {
    kept.add(part.key);
    found.push(...digestsIn(await textOf(objects, part.key)));
  }
  return found;
}

async function keepUpload(objects: ObjectStore, key: string, now: number, kept: Set<string>): Promise<void> {
  const record = await readOptional(objects, key);
  if (typeof record?.['expires'] !== 'number' || record['expires'] <= now) return;
  kept.add(key);
  for await (const file of objects.list(`uploads/files/${key.slice(key.lastIndexOf('/') + 1)}/`)) kept.add(file.key);
}

function digestsIn(text: string): string[] {
  return text.match(DIGESTS) ?? [];
}

/** An object as text; '' where it has gone meanwhile. */
async function textOf(objects: ObjectStore, key: string): Promise<string> {
  const bytes = await objects.get(key).catch((thrown: unknown) => {
    if (failedFor(thrown, 'NOT_FOUND')) return new Uint8Array(0);
    throw thrown;
  });
  return new TextDecoder().decode(bytes);
}
