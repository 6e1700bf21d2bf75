import { InputError } from '@fathom/errors';
import type { ObjectStore } from '@fathom/store';
import {
  bytesPerElement,
  floatInto,
  floatTypeOf,
  matrixShape,
  rowSource,
  tensorBytes,
  tensorOver,
  type Json,
  type RowSource,
  type Tensor,
} from '@fathom/tensors';
import { digestOf } from './catalogue.js';
import type { Manifest, Provenance, ShardRecord, TensorPart, TensorRecord } from './manifest.js';
import { ShardCache } from './shard-cache.js';

/** An artifact whose manifest has been checked against its content digest. Its shards are read, and checked, when they are needed or, where rows are read in order, a shard ahead. */
export class Artifact {
  /** Content digest, `sha256:<hex>`. */
  readonly digest: string;
  readonly kind: string;
  readonly attributes: Json;
  readonly provenance: Provenance;
  readonly tensors: Readonly<Record<string, TensorRecord>>;
  readonly #shards: ShardCache;
  /** By tensor, the row after the last that was read. */
  readonly #reached = new Map<string, number>();

  constructor(
    objects: ObjectStore,
    readonly manifest: Manifest,
  ) {
    this.#shards = new ShardCache(objects);
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

  /**
   * Gives the bytes of rows start..end−1, shard by shard, with the number of their first row. While a tensor is read from its start
   * onwards, without a gap, the shard after the one in use is on its way.
   */
  async #read(name: string, start: number, end: number, take: (bytes: Uint8Array, row: number) => void): Promise<void> {
    const goesForward = start === 0 || start === this.#reached.get(name);
    this.#reached.set(name, end);
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
