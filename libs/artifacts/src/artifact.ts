import { InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import {
  bytesPerElement,
  checkRowRange,
  floatInto,
  floatTypeOf,
  jsonDigest,
  matrixShape,
  rowSource,
  tensorBytes,
  tensorOver,
  type Json,
  type RowSource,
  type Tensor,
} from '@fathom/tensors';
import { digestOf } from './catalogue.js';
import type { ColumnExtremes } from './column-extremes.js';
import { loadRanges } from './column-ranges.js';
import type { Manifest, Provenance, Shard, TensorPart, TensorRecord } from './manifest.js';
import { ShardCache } from './shard-cache.js';
import { loadShard } from './shards.js';

/** An artifact whose manifest has been checked against its content digest. Its shards are read, and checked, when they are needed or, where rows are read in order, a shard ahead. */
export class Artifact {
  /** Content digest, `sha256:<hex>`. */
  readonly digest: string;
  readonly kind: string;
  readonly attributes: Json;
  readonly provenance: Provenance;
  readonly tensors: Readonly<Record<string, TensorRecord>>;
  readonly #objects: ObjectStore;
  readonly #shards: ShardCache;
  /** By tensor, what its manifest says of the columns of its shards that have rows. */
  readonly #ranges = new Map<string, Promise<ColumnExtremes[]>>();
  /** By tensor that is read from its start onwards, the row after the last that was read. */
  readonly #reached = new Map<string, number>();

  constructor(
    objects: ObjectStore,
    readonly manifest: Manifest,
  ) {
    this.#objects = objects;
    this.#shards = new ShardCache((shard) => this.#load(shard));
    this.digest = digestOf(manifest);
    this.kind = manifest.kind;
    this.attributes = manifest.attributes;
    this.provenance = manifest.provenance;
    this.tensors = manifest.tensors;
  }

  /** The rows of a tensor. @throws InputError when there is no such tensor; on reading: FathomError CORRUPT_DATA naming a shard */
  rows(name: string): RowSource {
    const { dtype, shape } = this.#record(name);
    const { rows, columns } = matrixShape(shape, name);
    const facts = { name: `${this.kind} ${this.digest.slice(0, 19)}: ${name}`, rows, columns, precision: floatTypeOf(dtype) };
    return rowSource(facts, (start, end, out) => this.#read(name, start, end, (bytes, row) => floatInto(dtype, bytes, out, (row - start) * columns)));
  }

  /** A whole tensor, in memory. @throws as {@link rows} */
  async tensor(name: string): Promise<Tensor> {
    const { dtype, shape } = this.#record(name);
    const { rows, columns, elements } = matrixShape(shape, name);
    const bytes = new Uint8Array(elements * bytesPerElement(dtype));
    await this.#read(name, 0, rows, (part, row) => bytes.set(part, row * columns * bytesPerElement(dtype)));
    return tensorOver(name, dtype, shape, bytes);
  }

  /** Rows start..end−1 of a tensor as they are stored: row-major, little-endian. @throws as {@link rows} */
  async bytes(name: string, start: number, end: number): Promise<Uint8Array> {
    const { dtype, shape } = this.#record(name);
    const { rows, columns } = matrixShape(shape, name);
    checkRowRange(name, start, end, rows);
    const row = columns * bytesPerElement(dtype);
    const bytes = new Uint8Array((end - start) * row);
    await this.#read(name, start, end, (part, first) => bytes.set(part, (first - start) * row));
    return bytes;
  }

  /**
   * Least and greatest value of each column over all rows.
   * @throws InputError when none are kept: no rows, or more than 16,384 columns; FathomError CORRUPT_DATA naming what they are kept in
   */
  async range(name: string): Promise<{ min: Float64Array; max: Float64Array }> {
    const { shape, ranges } = this.#record(name);
    if (ranges === null)
      throw new InputError({
        field: name,
        problem: 'has no column minima and maxima',
        value: shape,
        accepted: 'a tensor with rows and at most 16,384 columns',
      });
    const { columns } = matrixShape(shape, name);
    const min = new Float64Array(columns).fill(Infinity);
    const max = new Float64Array(columns).fill(-Infinity);
    for (const part of await this.#rangesOf(name, ranges))
      for (let j = 0; j < columns; j++) {
        min[j] = Math.min(min[j]!, part.min[j]!);
        max[j] = Math.max(max[j]!, part.max[j]!);
      }
    return { min, max };
  }

  /**
   * Gives the bytes of rows start..end−1, shard by shard, with the number of their first row. While a tensor is read from its start
   * onwards, without a gap, the shard after the one in use is on its way.
   */
  async #read(name: string, start: number, end: number, take: (bytes: Uint8Array, row: number) => void): Promise<void> {
    const goesForward = start === 0 || start === this.#reached.get(name);
    if (goesForward) this.#reached.set(name, end);
    else this.#reached.delete(name);
    const parts = this.#parts(name);
    for (const [index, { shard, part }] of parts.entries()) {
      const from = Math.max(start, part.start);
      const to = Math.min(end, part.end);
      if (from >= to) continue;
      const loading = this.#shards.load(shard);
      const next = parts[index + 1];
      if (next !== undefined && (goesForward || end > next.part.start)) this.#shards.readAhead(next.shard, name);
      take(tensorBytes((await loading).get(name)!, from - part.start, to - part.start), from);
    }
  }

  #load(shard: Shard): Promise<Map<string, Tensor>> {
    const said = Object.entries(shard.tensors).map(([name, part]) => {
      const key = this.tensors[name]?.ranges ?? null;
      return { name, key, at: key === null || part.start === part.end ? -1 : this.#partsWithRows(name).findIndex((each) => each.shard === shard) };
    });
    const description = jsonDigest({ shard, said } as unknown as Json);
    return loadShard(this.#objects, shard, description, async (name) => {
      const { key, at } = said.find((each) => each.name === name)!;
      return key === null ? undefined : (await this.#rangesOf(name, key))[at];
    });
  }

  #rangesOf(name: string, key: string): Promise<ColumnExtremes[]> {
    const { columns } = matrixShape(this.#record(name).shape, name);
    const ranges = this.#ranges.get(name) ?? loadRanges(this.#objects, key, this.#partsWithRows(name).length, columns);
    this.#ranges.set(name, ranges);
    ranges.catch(() => this.#ranges.delete(name));
    return ranges;
  }

  #partsWithRows(name: string): { shard: Shard; part: TensorPart }[] {
    return this.#parts(name).filter(({ part }) => part.end > part.start);
  }

  #parts(name: string): { shard: Shard; part: TensorPart }[] {
    return this.manifest.shards.flatMap((shard) => (Object.hasOwn(shard.tensors, name) ? [{ shard, part: shard.tensors[name]! }] : []));
  }

  #record(name: string): TensorRecord {
    if (!Object.hasOwn(this.tensors, name))
      throw new InputError({
        field: `${this.kind} ${this.digest}`,
        problem: 'has no such tensor',
        value: name,
        accepted: Object.keys(this.tensors).join(', ') || 'an artifact with tensors',
      });
    return this.tensors[name]!;
  }
}
