import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { cancelled, deadline, FathomError } from '@fathom/errors';
import { Client } from 'minio';
import { isWorthAnotherAttempt } from './s3-errors.js';
import type { S3Settings } from './s3-options.js';

const FIRST_PAUSE_MS = 100;
/** The largest object that S3 takes in one request; a put is always one request. */
const MOST_BYTES_A_PUT = 5 * 2 ** 30;

/**
 * Makes calls with the minio client, which knows no signal, and whose own retries are few and noisy: each attempt has a deadline that ends
 * the request itself, and what failed for want of an answer is tried again.
 */
export class S3Calls {
  readonly #client: Client;
  readonly #settings: S3Settings;
  readonly #signals = new AsyncLocalStorage<AbortSignal>();

  constructor(settings: S3Settings) {
    const { endpoint, accessKey, secretKey, sessionToken, region, pathStyle } = settings;
    const secure = endpoint.protocol === 'https:';
    const { request } = secure ? https : http;
    const withSignal = (options: http.RequestOptions, answer: (response: http.IncomingMessage) => void): http.ClientRequest =>
      request({ ...options, signal: this.#signals.getStore() }, answer);
    this.#settings = settings;
    this.#client = new Client({
      endPoint: endpoint.hostname,
      ...(endpoint.port === '' ? {} : { port: Number(endpoint.port) }),
      useSSL: secure,
      accessKey,
      secretKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      region,
      pathStyle,
      partSize: MOST_BYTES_A_PUT,
      retryOptions: { disableRetry: true },
      transport: { request: withSignal as typeof http.request },
      transportAgent: new (secure ? https : http).Agent({ keepAlive: true }),
    });
  }

  /**
   * @param doing for messages, "storing <key>"
   * @throws what the last attempt threw; FathomError CANCELLED, STORE_UNAVAILABLE when the last attempt ran out of time
   */
  async call<T>(doing: string, signal: AbortSignal | undefined, make: (client: Client) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (signal?.aborted) throw cancelled(doing);
      const { signal: either, end } = deadline(this.#settings.deadlineMs, signal);
      try {
        return await this.#signals.run(either, () => untilAborted(make(this.#client), either));
      } catch (thrown) {
        if (signal?.aborted) throw cancelled(doing);
        if (attempt >= this.#settings.attempts || !isWorthAnotherAttempt(thrown)) throw either.aborted ? this.#tooSlow(doing, thrown) : thrown;
      } finally {
        end();
      }
      await wait(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => undefined);
    }
  }

  #tooSlow(doing: string, cause: unknown): FathomError {
    const { endpoint, deadlineMs, attempts } = this.#settings;
    return new FathomError('STORE_UNAVAILABLE', `${endpoint.origin} did not answer within ${deadlineMs} ms, ${doing} (${attempts} attempts)`, {
      cause,
    });
  }
}

/** A call of the client may stay open after its request has ended. */
async function untilAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((settle, fail) => {
    const abort = (): void => fail(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    void call.then(settle, fail).finally(() => signal.removeEventListener('abort', abort));
  });
}
