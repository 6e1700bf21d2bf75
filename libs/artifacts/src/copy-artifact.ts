import { FathomError } from '@fathom/errors';
import type { ArtifactStore } from './artifact-store.js';
import { getBlob, putBlob } from './blobs.js';

/**
 * Copies an artifact with its shards into another store. Every byte is checked on the way.
 * @throws FathomError NOT_FOUND, CORRUPT_DATA; INTERNAL where the copy has another content digest
 */
export async function copyArtifact(from: ArtifactStore, to: ArtifactStore, digest: string): Promise<void> {
  const { manifest } = await from.open(digest);
  for (const shard of manifest.shards) await putBlob(to.objects, await getBlob(from.objects, shard.key));
  const { kind, attributes, shards, provenance } = manifest;
  const copied = await to.publish({ kind, attributes, shards, provenance });
  if (copied !== digest) throw new FathomError('INTERNAL', `the copy of ${digest} has the content digest ${copied}`);
}
