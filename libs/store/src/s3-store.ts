import { checkKey, checkPrefix, checkRange, isKey, noSuchObject } from './keys.js';
import type { GetOptions, ObjectStore, PutOptions, StoredObject } from './object-store.js';
import { S3Calls } from './s3-calls.js';
import { isAbsentInS3, isPresentInS3, knowsNoCondition, s3Error } from './s3-errors.js';
import { s3Settings, type S3Options, type S3Settings } from './s3-options.js';

/**
 * A store in a bucket of an S3 service; the bucket must be there. An object is put in one request, so it is at most 5 GiB.
 * `ifAbsent` is sent as If-None-Match. A service that refuses or ignores it decides by a look before the put: two writers of one key may
 * then both be told 'stored', and the later one's bytes stay.
 * @throws InputError naming every option that is wrong
 */
export function s3Store(options: S3Options): ObjectStore {
  return new S3Store(s3Settings(options));
}

class S3Store implements ObjectStore {
  readonly name: string;
  readonly #calls: S3Calls;
  readonly #bucket: string;
  readonly #prefix: string;
  #knowsCondition = true;

  constructor(settings: S3Settings) {
    this.#bucket = settings.bucket;
    this.#prefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
    this.name = `s3://${settings.bucket}/${settings.prefix} at ${settings.endpoint.origin}`;
    this.#calls = new S3Calls(settings);
  }

  async put(key: string, bytes: Uint8Array, { ifAbsent = false, signal }: PutOptions = {}): Promise<'stored' | 'present'> {
    checkKey(key);
    if (ifAbsent && (await this.#size(key, signal)) !== undefined) return 'present';
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const conditional = ifAbsent && this.#knowsCondition;
    try {
      await this.#put(key, body, conditional, signal);
    } catch (thrown) {
      if (isPresentInS3(thrown)) return 'present';
      if (!conditional || !knowsNoCondition(thrown)) throw s3Error(thrown, this.name, `storing ${key}`, true);
      this.#knowsCondition = false;
      return this.put(key, bytes, { ifAbsent, signal });
    }
    return 'stored';
  }

  async get(key: string, { offset = 0, length, signal }: GetOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    try {
      // A range needs the size first: S3 cuts a range that goes too far, and knows no empty one.
      if (offset !== 0 || length !== undefined) {
        const size = await this.#size(key, signal);
        if (size === undefined) throw noSuchObject(this.name, key);
        const range = checkRange(key, size, offset, length);
        if (range.length === 0) return new Uint8Array(0);
        return await this.#read(key, range.offset, range.length, signal);
      }
      return await this.#read(key, 0, undefined, signal);
    } catch (thrown) {
      throw isAbsentInS3(thrown) ? noSuchObject(this.name, key, thrown) : s3Error(thrown, this.name, `reading ${key}`, false);
    }
  }

  async head(key: string): Promise<{ size: number } | undefined> {
    checkKey(key);
    const size = await this.#size(key, undefined);
    return size === undefined ? undefined : { size };
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    for (let after = ''; ;) {
      const page = await this.#page(prefix, after);
      yield* page.objects;
      if (!page.more) return;
      after = page.last;
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    try {
      await this.#calls.call(`deleting ${key}`, undefined, (client) => client.removeObject(this.#bucket, this.#prefix + key));
    } catch (thrown) {
      if (!isAbsentInS3(thrown)) throw s3Error(thrown, this.name, `deleting ${key}`, true);
    }
  }

  async #put(key: string, body: Buffer, ifAbsent: boolean, signal: AbortSignal | undefined): Promise<void> {
    const headers = { 'Content-Type': 'application/octet-stream', ...(ifAbsent ? { 'If-None-Match': '*' } : {}) };
    let attempts = 0;
    await this.#calls
      .call(`storing ${key}`, signal, (client) => {
        attempts++;
        return client.putObject(this.#bucket, this.#prefix + key, body, body.length, headers);
      })
      .catch(async (thrown: unknown) => {
        // An earlier attempt may have been carried out though its answer was lost: what is there may be ours.
        if (isPresentInS3(thrown) && attempts > 1 && body.equals(await this.get(key, { signal }))) return;
        throw thrown;
      });
  }

  async #size(key: string, signal: AbortSignal | undefined): Promise<number | undefined> {
    try {
      return (await this.#calls.call(`looking for ${key}`, signal, (client) => client.statObject(this.#bucket, this.#prefix + key))).size;
    } catch (thrown) {
      if (isAbsentInS3(thrown)) return undefined;
      throw s3Error(thrown, this.name, `looking for ${key}`, false);
    }
  }

  #read(key: string, offset: number, length: number | undefined, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return this.#calls.call(`reading ${key}`, signal, async (client) => {
      const stream = await client.getPartialObject(this.#bucket, this.#prefix + key, offset, length);
      const pieces: Buffer[] = [];
      for await (const piece of stream) pieces.push(piece as Buffer);
      const bytes = Buffer.concat(pieces);
      if (length !== undefined && bytes.length !== length) throw new Error(`${bytes.length} bytes came instead of ${length}`);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    });
  }

  /** A page of objects whose names are keys, as others may keep things of their own in the bucket; `last` is the last name of any kind. */
  async #page(prefix: string, after: string): Promise<{ objects: StoredObject[]; more: boolean; last: string }> {
    const found = await this.#calls
      .call(`listing ${prefix}`, undefined, (client) => client.listObjectsV2Query(this.#bucket, this.#prefix + prefix, '', '', 1000, after))
      .catch((thrown: unknown) => {
        throw s3Error(thrown, this.name, `listing ${prefix}`, false);
      });
    const objects = found.objects.flatMap(({ name, size }) => {
      const key = name?.slice(this.#prefix.length);
      return key === undefined || size === undefined || !isKey(key) ? [] : [{ key, size }];
    });
    const more = found.isTruncated ?? false;
    const last = found.objects.at(-1)?.name ?? after;
    // A page that leads nowhere would be asked for without end.
    if (more && last === after) throw s3Error(new Error('it cut the list short and did not say where'), this.name, `listing ${prefix}`, false);
    return { objects, more, last };
  }
}
