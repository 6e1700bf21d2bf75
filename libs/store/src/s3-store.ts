import { createHash, randomUUID } from 'node:crypto';
import { checkKey, checkPrefix, checkRange, isKey, noSuchObject } from './keys.js';
import type {
  CallOptions,
  GetOptions,
  ListOptions,
  ObjectStore,
  PresignedRequest,
  PresignOptions,
  PutOptions,
  StoredObject,
} from './object-store.js';
import { Slots } from './parallel.js';
import { presignedRequest } from './presign.js';
import { S3Calls } from './s3-calls.js';
import { DIGEST_HEADER, download } from './s3-download.js';
import { isAbsentInS3, isBehindTheEnd, isEndedUpload, isPresentInS3, knowsNoCondition, s3Error } from './s3-errors.js';
import { s3Settings, type S3Options, type S3Settings } from './s3-options.js';
import { uploadInParts, uploadWhole, type S3Place } from './s3-upload.js';

/** Objects of at most so many bytes carry their SHA-256; larger ones are checked by who reads them, against the digest that names them. */
const MOST_DIGESTED_BYTES = 2 ** 20;
/** The largest object that S3 takes in one request. */
const MOST_BYTES_A_REQUEST = 5 * 2 ** 30;
/** Tells one put from every other, in what is stored with an object. */
const PUT_HEADER = 'x-amz-meta-fathom-put';

/**
 * A store in a bucket of an S3 service; the bucket must be there. `ifAbsent` is sent as If-None-Match. A service that refuses or ignores
 * it decides by a look before the put: two writers of one key may then both be told 'stored', and the later one's bytes stay.
 * @throws InputError naming every option that is wrong
 */
export function s3Store(options: S3Options): ObjectStore {
  return new S3Store(s3Settings(options));
}

class S3Store implements ObjectStore {
  readonly name: string;
  readonly #settings: S3Settings;
  readonly #calls: S3Calls;
  readonly #slots: Slots;
  readonly #prefix: string;
  #knowsCondition = true;

  constructor(settings: S3Settings) {
    this.#settings = settings;
    this.#prefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
    this.name = `s3://${settings.bucket}/${settings.prefix} at ${settings.endpoint.origin}`;
    this.#calls = new S3Calls(settings);
    this.#slots = new Slots(settings.parallelParts);
  }

  async put(key: string, bytes: Uint8Array, { ifAbsent = false, signal }: PutOptions = {}): Promise<'stored' | 'present'> {
    checkKey(key);
    if (ifAbsent && (await this.#stat(key, signal)) !== undefined) return 'present';
    const conditional = ifAbsent && this.#knowsCondition;
    const id = randomUUID();
    try {
      await this.#upload(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), id, conditional, signal);
      return 'stored';
    } catch (thrown) {
      // An earlier attempt may have been carried out though its answer was lost: what is there may be ours.
      const mayBeOurs = isPresentInS3(thrown) || isEndedUpload(thrown);
      if (mayBeOurs && (await this.#stat(key, signal))?.id === id) return 'stored';
      if (isPresentInS3(thrown)) return 'present';
      if (!conditional || !knowsNoCondition(thrown)) throw s3Error(thrown, this.name, `storing ${key}`, true);
      this.#knowsCondition = false;
      return this.put(key, bytes, { ifAbsent, signal });
    }
  }

  async get(key: string, { offset = 0, length, signal }: GetOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    try {
      if (isRange(offset, length)) {
        const range = { key, offset, length, partBytes: this.#settings.partBytes };
        return await download(this.#calls, this.#slots, this.#place(key), range, signal);
      }
    } catch (thrown) {
      if (isAbsentInS3(thrown)) throw noSuchObject(this.name, key, thrown);
      if (!isBehindTheEnd(thrown)) throw s3Error(thrown, this.name, `reading ${key}`, false);
    }
    // What S3 knows no range for: no bytes, or a mistake.
    const found = await this.#stat(key, signal);
    if (found === undefined) throw noSuchObject(this.name, key);
    return new Uint8Array(checkRange(key, found.size, offset, length).length);
  }

  async head(key: string, { signal }: CallOptions = {}): Promise<{ size: number } | undefined> {
    checkKey(key);
    const found = await this.#stat(key, signal);
    return found && { size: found.size };
  }

  async *list(prefix: string, { startAfter = '', signal }: ListOptions = {}): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    for (let after = startAfter === '' ? '' : this.#prefix + startAfter; ;) {
      const page = await this.#page(prefix, { after }, signal);
      if (this.#isSeaweedFs()) return yield* await this.#sorted(prefix, startAfter, signal);
      yield* page.objects;
      if (!page.more) return;
      after = page.last;
    }
  }

  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    checkKey(key);
    const { bucket, object } = this.#place(key);
    try {
      await this.#calls.call(`deleting ${key}`, signal, (client) => client.removeObject(bucket, object));
    } catch (thrown) {
      if (!isAbsentInS3(thrown)) throw s3Error(thrown, this.name, `deleting ${key}`, true);
    }
  }

  presign(key: string, options: PresignOptions): PresignedRequest {
    checkKey(key);
    return presignedRequest(this.#settings, this.#place(key).object, options, this.#calls.now());
  }

  #place(key: string): S3Place {
    return { bucket: this.#settings.bucket, object: this.#prefix + key };
  }

  async #upload(key: string, body: Buffer, id: string, conditional: boolean, signal: AbortSignal | undefined): Promise<void> {
    const headers: Record<string, string> = { 'content-type': 'application/octet-stream', [PUT_HEADER]: id };
    if (body.length <= MOST_DIGESTED_BYTES) headers[DIGEST_HEADER] = createHash('sha256').update(body).digest('hex');
    const upload = {
      ...this.#place(key),
      secure: this.#settings.endpoint.protocol === 'https:',
      doing: `storing ${key}`,
      body,
      headers,
      condition: conditional ? { 'if-none-match': '*' } : ({} as Record<string, string>),
    };
    const { partBytes } = this.#settings;
    // SeaweedFS does not decide between uploads in parts that end at the same moment.
    const inOne = body.length <= partBytes || (conditional && this.#isSeaweedFs() && body.length <= MOST_BYTES_A_REQUEST);
    if (inOne) await uploadWhole(this.#calls, upload, signal);
    else await uploadInParts(this.#calls, this.#slots, upload, partBytes, signal);
  }

  /** Size of an object, and which put it is of; undefined where there is none. */
  async #stat(key: string, signal: AbortSignal | undefined): Promise<{ size: number; id: string | undefined } | undefined> {
    const { bucket, object } = this.#place(key);
    try {
      const { size, metaData } = await this.#calls.call(`looking for ${key}`, signal, (client) => client.statObject(bucket, object));
      return { size, id: (metaData as Record<string, string | undefined>)[PUT_HEADER.slice('x-amz-meta-'.length)] };
    } catch (thrown) {
      if (isAbsentInS3(thrown)) return undefined;
      throw s3Error(thrown, this.name, `looking for ${key}`, false);
    }
  }

  /** A page of objects whose names are keys, as others may keep things of their own in the bucket; `last` is the last name of any kind. */
  async #page(
    prefix: string,
    { after = '', token = '' }: { readonly after?: string; readonly token?: string },
    signal: AbortSignal | undefined,
  ): Promise<{ objects: StoredObject[]; more: boolean; last: string; next: string }> {
    const { bucket, object } = this.#place(prefix);
    const found = await this.#calls
      .call(`listing ${prefix}`, signal, (client) => client.listObjectsV2Query(bucket, object, token, '', 1000, after))
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
    return { objects, more, last, next: found.nextContinuationToken ?? '' };
  }

  /** SeaweedFS lists as one walks through folders, not in the order of names, and goes on after a name in that order only. */
  async #sorted(prefix: string, startAfter: string, signal: AbortSignal | undefined): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    for (let token = ''; ;) {
      const page = await this.#page(prefix, { token }, signal);
      objects.push(...page.objects.filter(({ key }) => key > startAfter));
      if (!page.more || page.next === token) return objects.sort((a, b) => (a.key < b.key ? -1 : 1));
      token = page.next;
    }
  }

  #isSeaweedFs(): boolean {
    return this.#calls.server?.startsWith('SeaweedFS') ?? false;
  }
}

/** Whether S3 can be asked for it: at least one byte, wherever the object ends. */
function isRange(offset: number, length: number | undefined): boolean {
  return Number.isSafeInteger(offset) && offset >= 0 && (length === undefined || (Number.isSafeInteger(length) && length > 0));
}
