/** Options of every call of a store. */
export interface CallOptions {
  /** Stops the call with a CANCELLED error. @default undefined */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link ObjectStore.put}. */
export interface PutOptions extends CallOptions {
  /** Leave an object that is already there as it is. @default false */
  readonly ifAbsent?: boolean;
}

/** Options of {@link ObjectStore.get}. */
export interface GetOptions extends CallOptions {
  /** First byte. @default 0 */
  readonly offset?: number;
  /** Number of bytes. @default all from the offset on */
  readonly length?: number;
}

/** What a request without credentials may do. */
export interface PresignOptions {
  readonly method: 'GET' | 'PUT';
  /** How long it is allowed, from now on: 1 to 604,800 seconds (7 days). */
  readonly expirySeconds: number;
  /** Of a PUT: exactly so many bytes. @default any number */
  readonly size?: number;
  /** Of a PUT: exactly the bytes with this SHA-256, in hex. @default any bytes */
  readonly sha256?: string;
}

/** A request that anyone may make who knows it. */
export interface PresignedRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  /** Headers that it must have, in small letters. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Options of {@link ObjectStore.list}. */
export interface ListOptions extends CallOptions {
  /** Only keys that come after this text, which need be no key itself. @default '' */
  readonly startAfter?: string;
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
 * CORRUPT_DATA says that an object's bytes are not those that were stored, where the store can tell.
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
  head(key: string, options?: CallOptions): Promise<{ readonly size: number } | undefined>;

  /** All objects whose key starts with the prefix ('' for all), in the order of their keys. */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;

  /** Removes an object; nothing happens where there is none. */
  delete(key: string, options?: CallOptions): Promise<void>;

  /**
   * Lets someone without credentials read or write one object for a time. Absent where a store knows nothing of the sort.
   * @throws InputError naming the option that is wrong
   */
  presign?(key: string, options: PresignOptions): PresignedRequest;
}
