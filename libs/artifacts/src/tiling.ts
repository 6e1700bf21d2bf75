import { InputError } from '@fathom/errors';
import { BLOCK_ROWS, tensorDigest } from '@fathom/tensors';
import type { Shard, TensorPart, TensorRecord } from './manifest.js';

/** A tensor as its shards tell. */
type JoinedTensor = Omit<TensorRecord, 'ranges'>;

/**
 * Puts the tensors of an artifact together from its shards.
 * @throws InputError naming the tensor unless its parts cover its rows without a gap or an overlap, agree in dtype and trailing shape,
 * and begin at multiples of 1,024 rows.
 */
export function joinShards(shards: readonly Shard[]): Record<string, JoinedTensor> {
  const parts = new Map<string, TensorPart[]>();
  for (const shard of shards) for (const [name, part] of Object.entries(shard.tensors)) parts.set(name, [...(parts.get(name) ?? []), part]);
  return Object.fromEntries([...parts.keys()].sort().map((name) => [name, joinParts(name, parts.get(name)!)]));
}

function joinParts(name: string, parts: TensorPart[]): JoinedTensor {
  parts.sort((a, b) => a.start - b.start || a.end - b.end);
  const { dtype, trailing } = parts[0]!;
  const blocks: string[] = [];
  let expected = 0;
  for (const part of parts) {
    if (part.dtype !== dtype || String(part.trailing) !== String(trailing))
      throw new InputError({
        field: name,
        problem: 'its shards differ in dtype or shape',
        value: `${part.dtype} [${part.trailing.join(', ')}]`,
        accepted: `${dtype} [${trailing.join(', ')}]`,
      });
    if (part.start !== expected || part.start % BLOCK_ROWS !== 0)
      throw new InputError({
        field: name,
        problem: part.start < expected ? 'two shards hold the same rows' : 'rows are missing between its shards',
        value: `${part.start} to ${part.end}`,
        accepted: `a shard that begins at row ${expected}, and shards of whole blocks of ${BLOCK_ROWS} rows but the last`,
      });
    if (part.blockDigests.length !== Math.ceil((part.end - part.start) / BLOCK_ROWS))
      throw new InputError({
        field: name,
        problem: 'wrong number of block digests',
        value: part.blockDigests.length,
        accepted: `one for each ${BLOCK_ROWS} rows`,
      });
    blocks.push(...part.blockDigests);
    expected = part.end;
  }
  const shape = [expected, ...trailing];
  return { dtype, shape, digest: tensorDigest({ name, dtype, shape }, blocks) };
}
