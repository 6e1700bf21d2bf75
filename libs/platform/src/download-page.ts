import type { Artifact, Shard } from '@fathom/artifacts';
import type { artifact as contracts } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { pageSizeOf, pageTokenOf } from './pages.js';
import { requirePresigning, URL_SECONDS } from './presigned.js';

/**
 * A page of the shards of an artifact that hold rows of the tensors that are asked for, with URLs to read them. A page token is the
 * number of shards before it.
 *
 * @throws InputError naming a tensor that there is not, and FathomError STORE_WITHOUT_URLS
 */
export function downloadPage(
  { manifest, tensors }: Artifact,
  objects: ObjectStore,
  { tensors: asked, pageSize, pageToken }: contracts.GetDownloadRequest,
): Omit<contracts.GetDownloadResponse, 'artifact'> {
  const presign = requirePresigning(objects, 'read the artifact where the store lies, with fathom artifacts get');
  asked.forEach((name, index) => {
    if (!Object.hasOwn(tensors, name))
      throw new InputError({
        field: `tensors[${index}]`,
        problem: 'names no tensor of the artifact',
        value: name,
        accepted: Object.keys(tensors).join(', ') || 'none: it has no tensors',
      });
  });
  const shards = manifest.shards.filter((shard) => asked.length === 0 || asked.some((name) => Object.hasOwn(shard.tensors, name)));
  const start = Number(pageTokenOf(pageToken, /^[1-9][0-9]{0,8}$/));
  const end = start + pageSizeOf(pageSize);
  return {
    shards: shards.slice(start, end).map((shard) => shardMessage(shard, presign(shard.key, { method: 'GET', expirySeconds: URL_SECONDS }).url)),
    urlsExpireInSeconds: URL_SECONDS,
    nextPageToken: end < shards.length ? String(end) : '',
  };
}

function shardMessage({ key, bytes, tensors }: Shard, url: string): contracts.Shard {
  const rows = Object.entries(tensors).map(([tensor, { start, end }]) => ({ tensor, first: BigInt(start), count: BigInt(end - start) }));
  return { url, sha256: key.slice(key.lastIndexOf('/') + 1), sizeBytes: BigInt(bytes), rows };
}
