/** Options of {@link ObjectStore.put}. */
export interface PutOptions {
  /** Leave an object that is already there as it is. @default false */
  readonly ifAbsent?: boolean;
  /** Stops the call with a CANCELLED error. @default undefined */
  readonly signal?: AbortSignal;
}

/** Options of {@link ObjectStore.get}. */
export interface GetOptions {
  /** First byte. @default 0 */
  readonly offset?: number;
  /** Number of bytes. @default all from the offset on */
  readonly length?: number;
  /** Stops the call with a CANCELLED error. @default undefined */
  readonly signal?: AbortSignal;
}

/** An object's key and its size in bytes. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
}

/**
 * Where bytes are kept under keys. An object is there whole or not at all, whenever a writer dies.
 *
 * A key is at most 512 characters of a–z, 0–9, `.`, `_`, `-`, in parts separated by `/`; no part is empty or starts with a sign.
 * No key may be a folder of another (`a` and `a/b`).
 *
 * Every method throws InputError for what is no key, and FathomError with STORE_UNAVAILABLE when the store does not answer as it should.
 */
export interface ObjectStore {
  /** What to call it in messages. */
  readonly name: string;

  /**
   * Stores bytes. With `ifAbsent`, of several writers of a key exactly one gets 'stored', and its bytes stay.
   * @throws FathomError STORE_FULL, STORE_READ_ONLY; nothing has been stored then
   */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<'stored' | 'present'>;

  /**
   * The bytes of an object, or of a range of it. The caller owns them.
   * @throws FathomError NOT_FOUND when there is none; InputError when the range is not inside the object
   */
  get(key: string, options?: GetOptions): Promise<Uint8Array>;

  /** The size of an object in bytes; undefined where there is none. */
  head(key: string): Promise<{ readonly size: number } | undefined>;

  /** All objects whose key starts with the prefix ('' for all), in the order of their keys. */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Removes an object; nothing happens where there is none. */
  delete(key: string): Promise<void>;
}
