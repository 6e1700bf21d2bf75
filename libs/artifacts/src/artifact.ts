import { InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import {
  bytesPerElement,
  checkRowRange,
  float64Into,
  matrixShape,
  tensorBytes,
  tensorOver,
  type Json,
  type RowSource,
  type Tensor,
} from '@fathom/tensors';
import { digestOf } from './catalogue.js';
import type { Manifest, Provenance, ShardRecord, TensorPart, TensorRecord } from './manifest.js';
import { loadShard } from './shards.js';

/** Shards kept in memory by an open artifact: readers go forward, and may straddle two. */
const KEPT_SHARDS = 2;

/** An artifact whose manifest has been checked against its content digest. Its shards are read, and checked, when they are needed. */
export class Artifact {
  /** Content digest, `sha256:<hex>`. */
  readonly digest: string;
  readonly kind: string;
  readonly attributes: Json;
  readonly provenance: Provenance;
  readonly tensors: Readonly<Record<string, TensorRecord>>;
  readonly #objects: ObjectStore;
  /** In the order of use, the last used at the end. */
  readonly #loaded = new Map<string, Promise<Map<string, Tensor>>>();

  constructor(
    objects: ObjectStore,
    readonly manifest: Manifest,
  ) {
    this.#objects = objects;
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
    const source = `${this.kind} ${this.digest.slice(0, 19)}: ${name}`;
    return {
      name: source,
      rows,
      columns,
      read: async (start, end) => {
        checkRowRange(source, start, end, rows);
        const out = new Float64Array((end - start) * columns);
        await this.#read(name, start, end, (bytes, row) => float64Into(dtype, bytes, out, (row - start) * columns));
        return out;
      },
    };
  }

  /** A whole tensor, in memory. @throws as {@link rows} */
  async tensor(name: string): Promise<Tensor> {
    const { dtype, shape } = this.#record(name);
    const { rows, columns, elements } = matrixShape(shape, name);
    const bytes = new Uint8Array(elements * bytesPerElement(dtype));
    await this.#read(name, 0, rows, (part, row) => bytes.set(part, row * columns * bytesPerElement(dtype)));
    return tensorOver(name, dtype, shape, bytes);
  }

  /** Least and greatest value of each column over all rows. @throws InputError when the manifest holds none: no rows, or more than 16,384 columns */
  range(name: string): { min: Float64Array; max: Float64Array } {
    const parts = this.#parts(name).map(({ part }) => part);
    const { columns } = matrixShape(this.#record(name).shape, name);
    const min = new Float64Array(columns).fill(Infinity);
    const max = new Float64Array(columns).fill(-Infinity);
    for (const part of parts) {
      if (part.min.length !== columns)
        throw new InputError({
          field: name,
          problem: 'has no column minima and maxima',
          value: this.#record(name).shape,
          accepted: 'a tensor with rows and at most 16,384 columns',
        });
      for (let j = 0; j < columns; j++) {
        min[j] = Math.min(min[j]!, part.min[j]!);
        max[j] = Math.max(max[j]!, part.max[j]!);
      }
    }
    return { min, max };
  }

  /** Gives the bytes of rows start..end−1, shard by shard, with the number of their first row. */
  async #read(name: string, start: number, end: number, take: (bytes: Uint8Array, row: number) => void): Promise<void> {
    for (const { shard, part } of this.#parts(name)) {
      const from = Math.max(start, part.start);
      const to = Math.min(end, part.end);
      if (from >= to) continue;
      const tensor = (await this.#load(shard)).get(name)!;
      take(tensorBytes(tensor, from - part.start, to - part.start), from);
    }
  }

  #load(shard: ShardRecord): Promise<Map<string, Tensor>> {
    const loading = this.#loaded.get(shard.key) ?? loadShard(this.#objects, shard);
    this.#loaded.delete(shard.key);
    this.#loaded.set(shard.key, loading);
    if (this.#loaded.size > KEPT_SHARDS) this.#loaded.delete(this.#loaded.keys().next().value!);
    loading.catch(() => this.#loaded.delete(shard.key));
    return loading;
  }

  #parts(name: string): { shard: ShardRecord; part: TensorPart }[] {
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
