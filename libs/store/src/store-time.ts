import type { RequestOptions } from 'node:http';
import { signV4 } from 'minio/dist/main/signing.js';
import type { S3Settings } from './s3-options.js';

/** Services refuse signatures that are further from their time than a quarter of an hour. */
const NOTABLE_MS = 60_000;

/** The store's time, where this machine's clock is so wrong that the store refuses what is signed by it. */
export class StoreTime {
  readonly #settings: S3Settings;
  #aheadMs = 0;

  constructor(settings: S3Settings) {
    this.#settings = settings;
  }

  /** The time to sign with. */
  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  /** By how many milliseconds the store's clock is ahead of this machine's, as far as it is known. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /**
   * Takes the store's time from an answer that refuses a request.
   * @param date its header `date`
   * @returns whether the time to sign with is another one now, so that the request may be made again
   */
  learn(date: string | undefined): boolean {
    const aheadMs = Date.parse(date ?? '') - Date.now();
    if (!(Math.abs(aheadMs - this.#aheadMs) > NOTABLE_MS)) return false;
    this.#aheadMs = Math.abs(aheadMs) > NOTABLE_MS ? aheadMs : 0;
    return true;
  }

  /** The request, signed again where this machine's clock is wrong. */
  signed(request: RequestOptions): RequestOptions {
    if (this.#aheadMs === 0) return request;
    const { accessKey, secretKey, region } = this.#settings;
    const time = this.now();
    const { authorization: _, ...headers } = request.headers as Record<string, string>;
    headers['x-amz-date'] = time.toISOString().replace(/[-:]|\.\d+/g, '');
    const unsigned = { ...request, headers } as Parameters<typeof signV4>[0];
    const authorization = signV4(unsigned, accessKey, secretKey, region, time, headers['x-amz-content-sha256'] ?? '');
    return { ...request, headers: { ...headers, authorization } };
  }
}
