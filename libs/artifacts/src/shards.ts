import { InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import {
  BLOCK_ROWS,
  blockDigests,
  bytesPerElement,
  canonicalJson,
  decodeSafetensors,
  encodeSafetensors,
  matrixShape,
  sliceRows,
  type Tensor,
} from '@fathom/tensors';
import { corrupt, getBlob, putBlob } from './blobs.js';
import { columnExtremes } from './column-extremes.js';
import { compareOnce } from './described-shards.js';
import { failedFor } from './documents.js';
import type { ShardRecord, TensorPart } from './manifest.js';

const MOST_ROWS = 65_536;
const MOST_BYTES = 64 * 2 ** 20;

/** Stores rows start.. of tensors as one shard. See `ArtifactStore.writeShard`. */
export async function storeShard(objects: ObjectStore, start: number, tensors: readonly Tensor[]): Promise<ShardRecord> {
  if (!Number.isSafeInteger(start) || start < 0 || start % BLOCK_ROWS !== 0)
    throw new InputError({
      field: 'start',
      problem: 'no shard can begin there',
      value: start,
      accepted: `a multiple of ${BLOCK_ROWS} rows`,
    });
  if (tensors.length === 0) throw new InputError({ field: 'tensors', problem: 'a shard without tensors', accepted: 'at least one tensor' });
  // By name, so that the bytes do not depend on the order in which the tensors are given.
  const ordered = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  const bytes = encodeSafetensors(ordered);
  const parts = ordered.map((tensor) => [tensor.name, describe(tensor, start)] as const);
  const { key } = await putBlob(objects, bytes);
  return { key, bytes: bytes.length, tensors: Object.fromEntries(parts) };
}

/**
 * Reads a shard and checks it against its record: the SHA-256 of its bytes every time, the digests of its blocks, its minima and
 * maxima once in a thread, since they follow from the bytes.
 * @throws FathomError CORRUPT_DATA naming the key, also when it is missing
 */
export async function loadShard(objects: ObjectStore, shard: ShardRecord): Promise<Map<string, Tensor>> {
  const bytes = await getBlob(objects, shard.key).catch((thrown: unknown) => {
    throw failedFor(thrown, 'NOT_FOUND') ? corrupt(objects, shard.key, 'it is missing', thrown) : thrown;
  });
  if (bytes.length !== shard.bytes) throw corrupt(objects, shard.key, `it has ${bytes.length} bytes, not ${shard.bytes}`);
  try {
    const tensors = decodeSafetensors(bytes, shard.key);
    compareOnce(shard, () => {
      for (const [name, part] of Object.entries(shard.tensors)) {
        const tensor = tensors.get(name);
        if (tensor === undefined || canonicalJson(describe(tensor, part.start)) !== canonicalJson(part))
          throw corrupt(objects, shard.key, `its tensor ${name} is not the one that the manifest describes`);
      }
    });
    return tensors;
  } catch (thrown) {
    throw thrown instanceof InputError ? corrupt(objects, shard.key, thrown.message, thrown) : thrown;
  }
}

/** Cuts tensors into the rows of shards: at most 65,536 rows and, above 1,024 rows, about 64 MiB a shard. */
export function* cutIntoShards(tensors: readonly Tensor[]): Iterable<{ start: number; tensors: Tensor[] }> {
  const rowBytes = tensors.reduce((sum, tensor) => sum + matrixShape(tensor.shape, tensor.name).columns * bytesPerElement(tensor.dtype), 0);
  const blocks = Math.max(1, Math.min(MOST_ROWS / BLOCK_ROWS, Math.floor(MOST_BYTES / Math.max(1, rowBytes * BLOCK_ROWS))));
  const step = blocks * BLOCK_ROWS;
  const rows = (tensor: Tensor): number => tensor.shape[0] ?? 1;
  const most = Math.max(0, ...tensors.map((tensor) => Math.max(1, rows(tensor))));
  for (let start = 0; start < most; start += step) {
    const here = tensors.filter((tensor) => start === 0 || rows(tensor) > start);
    yield {
      start,
      tensors: here.map((tensor) => (start === 0 && rows(tensor) <= step ? tensor : sliceRows(tensor, start, Math.min(start + step, rows(tensor))))),
    };
  }
}

function describe(tensor: Tensor, start: number): TensorPart {
  if (tensor.shape.length === 0)
    throw new InputError({
      field: tensor.name,
      problem: 'a scalar has no rows',
      accepted: 'at least one dimension; a single value has the shape [1]',
    });
  const { min, max } = columnExtremes(tensor, start);
  return {
    dtype: tensor.dtype,
    start,
    end: start + tensor.shape[0]!,
    trailing: tensor.shape.slice(1),
    blockDigests: blockDigests(tensor),
    min: Array.from(min),
    max: Array.from(max),
  };
}
