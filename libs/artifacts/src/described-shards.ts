/** Shards that are remembered: 100 bytes each; 100,000 are some terabytes of artifacts. */
const MOST_REMEMBERED = 100_000;

/** Digests of the descriptions that were compared with their shards' bytes in this thread, the oldest first. */
const compared = new Set<string>();

/**
 * Compares a shard's description, of that digest, with its bytes, once in a thread: `compare` throws where they differ. The description
 * holds the digests of the bytes, which are checked whenever they are read, so that what was found to agree once always will.
 */
export async function compareOnce(digest: string, compare: () => Promise<void>): Promise<void> {
  if (compared.has(digest)) return;
  await compare();
  compared.add(digest);
  if (compared.size > MOST_REMEMBERED) compared.delete(compared.values().next().value!);
}
