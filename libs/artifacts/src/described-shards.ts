import { jsonDigest, type Json } from '@fathom/tensors';
import type { ShardRecord } from './manifest.js';

/** Shards that are remembered: 100 bytes each; 100,000 are some terabytes of artifacts. */
const MOST_REMEMBERED = 100_000;

/** Digests of the records that were compared with their shards' bytes in this thread, the oldest first. */
const compared = new Set<string>();
/** Digests of records that were asked for, since making one takes a while. */
const digests = new WeakMap<ShardRecord, string>();

/**
 * Compares a shard's record with its bytes, once in a thread: `compare` throws where they differ. The record holds the SHA-256 of the
 * bytes, which is checked whenever they are read, so that what was found to agree once always will.
 */
export function compareOnce(record: ShardRecord, compare: () => void): void {
  let digest = digests.get(record);
  if (digest === undefined) digests.set(record, (digest = jsonDigest(record as unknown as Json)));
  if (compared.has(digest)) return;
  compare();
  compared.add(digest);
  if (compared.size > MOST_REMEMBERED) compared.delete(compared.values().next().value!);
}
