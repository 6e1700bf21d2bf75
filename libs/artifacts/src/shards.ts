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
import { checkBlob, corrupt, getNamed, putBlob, readAgain } from './blobs.js';
import { columnExtremes, type ColumnExtremes } from './column-extremes.js';
import { compareOnce } from './described-shards.js';
import type { Shard, ShardRecord, TensorPart } from './manifest.js';

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
  const parts = ordered.map((tensor) => {
    const part = describe(tensor, start);
    const { min, max } = columnExtremes(tensor, start);
    return [tensor.name, { ...part, min: Array.from(min), max: Array.from(max) }] as const;
  });
  const { key } = await putBlob(objects, bytes);
  return { key, bytes: bytes.length, tensors: Object.fromEntries(parts) };
}

/** What the artifact says of the columns of a shard's tensor; undefined where it says nothing. */
export type RangesOf = (name: string) => Promise<ColumnExtremes | undefined>;

/**
 * Reads a shard and checks it against what its artifact says of it: every byte each time, its minima and maxima once in a thread, since
 * they follow from the bytes. What is damaged is read once more first: it may have been on its way.
 * @param description digest of all that the artifact says of the shard
 * @throws FathomError CORRUPT_DATA naming the key, also when it is missing
 */
export function loadShard(objects: ObjectStore, shard: Shard, description: string, rangesOf: RangesOf): Promise<Map<string, Tensor>> {
  return readAgain(() => loadOnce(objects, shard, description, rangesOf));
}

async function loadOnce(objects: ObjectStore, shard: Shard, description: string, rangesOf: RangesOf): Promise<Map<string, Tensor>> {
  const bytes = await getNamed(objects, shard.key);
  if (bytes.length !== shard.bytes) throw corrupt(objects, shard.key, `it has ${bytes.length} bytes, not ${shard.bytes}`);
  const another = (name: string) => corrupt(objects, shard.key, `its tensor ${name} is not the one that the manifest describes`);
  try {
    const tensors = decodeSafetensors(bytes, shard.key);
    for (const [name, part] of Object.entries(shard.tensors)) {
      const tensor = tensors.get(name);
      if (tensor === undefined || canonicalJson(describe(tensor, part.start)) !== canonicalJson(part)) throw another(name);
    }
    // In other files every byte is in a block, or follows from what describes the blocks: the SHA-256 of the whole would tell nothing more.
    if (tensors.size > Object.keys(shard.tensors).length || !isHeadedAsWritten(bytes, tensors)) checkBlob(objects, shard.key, bytes);
    await compareOnce(description, async () => {
      for (const [name, { start }] of Object.entries(shard.tensors)) {
        const said = await rangesOf(name);
        const { min, max } = columnExtremes(tensors.get(name)!, start);
        if (!areEqual(min, said?.min) || !areEqual(max, said?.max)) throw another(name);
      }
    });
    return tensors;
  } catch (thrown) {
    // Bytes that are not the key's explain whatever else is wrong.
    checkBlob(objects, shard.key, bytes);
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
  return {
    dtype: tensor.dtype,
    start,
    end: start + tensor.shape[0]!,
    trailing: tensor.shape.slice(1),
    blockDigests: blockDigests(tensor),
  };
}

/** Whether the bytes of a safetensors file before its tensors are the ones that `storeShard` writes. */
function isHeadedAsWritten(bytes: Uint8Array, tensors: ReadonlyMap<string, Tensor>): boolean {
  let end = 0;
  const entries = [...tensors.values()].map(({ name, dtype, shape, data }) => [
    name,
    { dtype, shape, data_offsets: [end, (end += data.byteLength)] },
  ]);
  const head = Buffer.from(bytes.buffer, bytes.byteOffset + 8, bytes.length - 8 - end).toString();
  return head === JSON.stringify(Object.fromEntries(entries)).padEnd(head.length);
}

function areEqual(found: Float64Array, said: Float64Array | undefined): boolean {
  return found.length === (said?.length ?? 0) && found.every((value, index) => value === said![index]);
}
