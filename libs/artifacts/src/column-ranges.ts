import { InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import { decodeSafetensors, encodeSafetensors } from '@fathom/tensors';
import { corrupt, getNamedBlob, putBlob } from './blobs.js';
import type { ColumnExtremes } from './column-extremes.js';
import type { DescribedPart } from './manifest.js';

/** The one tensor of such an object: F64 [shards, 2, columns], least values before greatest ones. */
const RANGES = 'ranges';

/**
 * Stores the least and greatest values of a tensor's columns, shard by shard; a shard without rows has none.
 * @param parts in the order of the shards
 * @returns the object's key; null where the parts hold none
 * @throws InputError where they do not hold as many
 */
export async function storeRanges(objects: ObjectStore, parts: readonly DescribedPart[]): Promise<string | null> {
  const there = parts.filter(({ start, end }) => end > start);
  const columns = there[0]?.min.length ?? 0;
  if (columns === 0) return null;
  if (there.some(({ min, max }) => min.length !== columns || max.length !== columns))
    throw new InputError({
      field: 'shards',
      problem: 'differ in how many minima and maxima they hold',
      accepted: `${columns} of each in every shard`,
    });
  const data = Float64Array.from(there.flatMap(({ min, max }) => [...min, ...max]));
  const { key } = await putBlob(objects, encodeSafetensors([{ name: RANGES, dtype: 'F64', shape: [there.length, 2, columns], data }]));
  return key;
}

/** What {@link storeRanges} stored, part by part. @throws FathomError CORRUPT_DATA naming the key, also when it is missing */
export async function loadRanges(objects: ObjectStore, key: string, parts: number, columns: number): Promise<ColumnExtremes[]> {
  const data = valuesOf(await getNamedBlob(objects, key), key);
  if (data?.length !== 2 * parts * columns || !data.every(Number.isFinite))
    throw corrupt(objects, key, `it does not hold the least and greatest values of ${parts} × ${columns} columns`);
  const row = (at: number): Float64Array => data.subarray(at * columns, (at + 1) * columns);
  return Array.from({ length: parts }, (_, part) => ({ min: row(2 * part), max: row(2 * part + 1) }));
}

/** The values of such an object; undefined where it is none. */
function valuesOf(bytes: Uint8Array, key: string): Float64Array | undefined {
  try {
    const data = decodeSafetensors(bytes, key).get(RANGES)?.data;
    return data instanceof Float64Array ? data : undefined;
  } catch (thrown) {
    if (thrown instanceof InputError) return undefined;
    throw thrown;
  }
}
