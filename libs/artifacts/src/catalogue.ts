import { FathomError, InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { canonicalJson, contentDigest } from '@fathom/tensors';
import { blobKey, corrupt, getBlob, putBlob } from './blobs.js';
import { digestHex, isSha256Hex } from './digests.js';
import { encodeDocument, failedFor, parseDocument, readDocument } from './documents.js';
import type { Manifest } from './manifest.js';
import { isManifest } from './parse-manifest.js';
import { joinShards } from './tiling.js';

const FOLDER = 'artifacts/';

/** Content digest of what a manifest describes. */
export function digestOf({ kind, attributes, tensors }: Manifest): string {
  return contentDigest({
    kind,
    attributes,
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, { digest }]) => [name, digest])),
  });
}

/**
 * Stores a manifest and points to it. A pointer that is there stays, unless what it points to is lost or damaged.
 * @returns the content digest
 */
export async function addToCatalogue(objects: ObjectStore, manifest: Manifest): Promise<string> {
  const digest = digestOf(manifest);
  const key = FOLDER + digestHex(digest, 'artifact');
  const { sha256 } = await putBlob(objects, encodeDocument(manifest));
  const pointer = encodeDocument({ manifest: sha256 });
  if ((await objects.put(key, pointer, { ifAbsent: true })) === 'present' && !(await isCatalogued(objects, digest))) await objects.put(key, pointer);
  return digest;
}

/** Whether an artifact is there, with a sound manifest. */
export async function isCatalogued(objects: ObjectStore, digest: string): Promise<boolean> {
  return readManifest(objects, digest).then(
    () => true,
    (thrown: unknown) => {
      if (failedFor(thrown, 'NOT_FOUND', 'CORRUPT_DATA')) return false;
      throw thrown;
    },
  );
}

/**
 * Reads the manifest of an artifact and checks it: its bytes against their SHA-256, and that its shards make the tensors that the content
 * digest is over.
 * @throws FathomError NOT_FOUND; CORRUPT_DATA naming the object
 */
export async function readManifest(objects: ObjectStore, digest: string): Promise<Manifest> {
  const hex = digestHex(digest, 'artifact');
  const pointer = await readDocument(objects, FOLDER + hex).catch((thrown: unknown) => {
    if (!failedFor(thrown, 'NOT_FOUND')) throw thrown;
    throw new FathomError('NOT_FOUND', `there is no artifact sha256:${hex} in ${objects.name}`, {
      metadata: { store: objects.name, artifact: `sha256:${hex}` },
      cause: thrown,
    });
  });
  if (!isSha256Hex(pointer['manifest'])) throw corrupt(objects, FOLDER + hex, 'it names no manifest');
  const key = blobKey(pointer['manifest']);
  const bytes = await getBlob(objects, key).catch((thrown: unknown) => {
    throw failedFor(thrown, 'NOT_FOUND') ? corrupt(objects, FOLDER + hex, `the manifest ${key} that it names is missing`, thrown) : thrown;
  });
  const manifest: unknown = parseDocument(objects, key, bytes);
  if (!isManifest(manifest)) throw corrupt(objects, key, 'it is no manifest');
  checkShards(objects, key, manifest);
  const found = digestOf(manifest);
  if (found !== `sha256:${hex}`) throw corrupt(objects, FOLDER + hex, `the manifest that it names describes ${found}`);
  return manifest;
}

/** Digests of all artifacts, in order. */
export async function* catalogue(objects: ObjectStore): AsyncIterable<string> {
  for await (const { key } of objects.list(FOLDER)) {
    const hex = key.slice(FOLDER.length);
    if (isSha256Hex(hex)) yield `sha256:${hex}`;
  }
}

function checkShards(objects: ObjectStore, key: string, manifest: Manifest): void {
  let joined: unknown;
  try {
    joined = joinShards(manifest.shards);
  } catch (thrown) {
    throw thrown instanceof InputError ? corrupt(objects, key, thrown.message, thrown) : thrown;
  }
  const described = Object.entries(manifest.tensors).map(([name, { dtype, shape, digest }]) => [name, { dtype, shape, digest }]);
  if (canonicalJson(joined) !== canonicalJson(Object.fromEntries(described))) throw corrupt(objects, key, 'its shards do not make its tensors');
}
