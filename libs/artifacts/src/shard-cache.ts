import type { Tensor } from '@fathom/tensors';
import type { Shard } from './manifest.js';

/** A shard's tensors by name. */
type Tensors = ReadonlyMap<string, Tensor>;

/** Shards that stay after they were used: readers go forward, and may straddle two. */
const KEPT_SHARDS = 2;

/** Shards of an artifact in memory: the two that were used last, and at most one that was read ahead. */
export class ShardCache {
  readonly #read: (record: Shard) => Promise<Tensors>;
  /** In the order of use, the last used at the end. */
  readonly #used = new Map<string, Promise<Tensors>>();
  #ahead: { readonly key: string; readonly reader: string; readonly shard: Promise<Tensors> } | undefined;

  constructor(read: (record: Shard) => Promise<Tensors>) {
    this.#read = read;
  }

  /** A shard, read unless it is here. @throws FathomError CORRUPT_DATA naming its key */
  load(record: Shard): Promise<Tensors> {
    const { key } = record;
    const shard = this.#used.get(key) ?? this.#takeAhead(key) ?? this.#read(record);
    this.#used.delete(key);
    this.#used.set(key, shard);
    if (this.#used.size > KEPT_SHARDS) this.#used.delete(this.#used.keys().next().value!);
    shard.catch(() => this.#used.delete(key));
    return shard;
  }

  /**
   * Begins to read a shard that `reader` will probably want next. Only one is read ahead at a time: while one waits for another reader,
   * nothing happens. Never fails: a shard that cannot be read is forgotten, and its error told to who loads it.
   */
  readAhead(record: Shard, reader: string): void {
    const { key } = record;
    const ahead = this.#ahead;
    if (this.#used.has(key) || ahead?.key === key || (ahead !== undefined && ahead.reader !== reader)) return;
    const shard = this.#read(record);
    const mine = { key, reader, shard };
    this.#ahead = mine;
    shard.catch(() => {
      if (this.#ahead === mine) this.#ahead = undefined;
    });
  }

  #takeAhead(key: string): Promise<Tensors> | undefined {
    if (this.#ahead?.key !== key) return undefined;
    const { shard } = this.#ahead;
    this.#ahead = undefined;
    return shard;
  }
}
