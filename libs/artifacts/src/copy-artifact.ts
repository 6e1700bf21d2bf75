import type { ArtifactStore } from './artifact-store.js';
import { getBlob, putBlob } from './blobs.js';
import { addToCatalogue } from './catalogue.js';

/**
 * Copies an artifact with its shards into another store. Every byte is checked on the way.
 * @throws FathomError NOT_FOUND, CORRUPT_DATA
 */
export async function copyArtifact(from: ArtifactStore, to: ArtifactStore, digest: string): Promise<void> {
  const { manifest } = await from.open(digest);
  const ranges = Object.values(manifest.tensors).flatMap((tensor) => tensor.ranges ?? []);
  for (const key of [...manifest.shards.map((shard) => shard.key), ...ranges]) await putBlob(to.objects, await getBlob(from.objects, key));
  await addToCatalogue(to.objects, manifest);
}
