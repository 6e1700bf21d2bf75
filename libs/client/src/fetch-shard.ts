import { createHash } from 'node:crypto';
import type { artifact } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { decodeSafetensors, type Tensor } from '@fathom/tensors';

const MOST_ATTEMPTS = 4;

/** The tensors of a shard, from its URL. What arrives is checked against size and SHA-256, and fetched again where it differs. */
export async function fetchShard({ url, sha256, sizeBytes }: artifact.Shard, signal?: AbortSignal): Promise<Map<string, Tensor>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { signal: signal ?? null });
      if (!response.ok) throw new Error(`the store answered ${response.status}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const found = createHash('sha256').update(bytes).digest('hex');
      if (bytes.length !== Number(sizeBytes) || found !== sha256)
        throw new FathomError('CORRUPT_DATA', `a shard arrived as ${bytes.length} bytes of SHA-256 ${found}, not ${sizeBytes} of ${sha256}`);
      return decodeSafetensors(bytes, `shard ${sha256}`);
    } catch (error) {
      if (signal?.aborted) throw new FathomError('CANCELLED', 'the download was cancelled');
      if (attempt < MOST_ATTEMPTS) continue;
      if (error instanceof FathomError) throw error;
      const { message, cause } = error as Error;
      throw new FathomError('UNAVAILABLE', `a shard cannot be fetched: ${cause instanceof Error ? cause.message : message}`, { cause: error });
    }
  }
}
