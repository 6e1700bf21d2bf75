import { AsyncLocalStorage } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { cancelled, deadline, FathomError } from '@fathom/errors';
import { Client } from 'minio';
import { DamagedBody, isWorthAnotherAttempt, refusal, said } from './s3-errors.js';
import type { S3Settings } from './s3-options.js';
import { StoreTime } from './store-time.js';
import { tellStoreTrouble } from './store-trouble.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** The client drops the answers with these statuses, unread, and what the service says in them. */
const DROPPED = [408, 429, 499, 500, 502, 503, 504, 520];

/** One attempt of a call. */
interface Attempt {
  readonly signal: AbortSignal;
  /** How long the service asks to be left alone. */
  retryAfterMs?: number;
  /** Whether it was refused for a time that was wrong, and is known now. */
  isMistimed?: boolean;
}

/**
 * Makes calls with the minio client, which knows no signal, and whose own retries are few and noisy: each attempt has a deadline that ends
 * the request itself, and what failed for want of an answer is tried again.
 */
export class S3Calls {
  readonly #client: Client;
  readonly #settings: S3Settings;
  readonly #attempts = new AsyncLocalStorage<Attempt>();
  readonly #time: StoreTime;
  #server: string | undefined;

  constructor(settings: S3Settings) {
    const { endpoint, accessKey, secretKey, sessionToken, region, pathStyle } = settings;
    const secure = endpoint.protocol === 'https:';
    this.#settings = settings;
    this.#time = new StoreTime(settings);
    this.#client = new Client({
      endPoint: endpoint.hostname,
      ...(endpoint.port === '' ? {} : { port: Number(endpoint.port) }),
      useSSL: secure,
      accessKey,
      secretKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      region,
      pathStyle,
      retryOptions: { disableRetry: true },
      transport: { request: this.#request.bind(this, secure ? https.request : http.request) as typeof http.request },
      transportAgent: new (secure ? https : http).Agent({ keepAlive: true }),
    });
  }

  /** The time to sign with. */
  now(): Date {
    return this.#time.now();
  }

  /** What the service calls itself; undefined until it has answered. */
  get server(): string | undefined {
    return this.#server;
  }

  /**
   * Makes a call again, after pauses of random length that grow, where it may succeed then: `attempts` times at least, and for
   * `patienceMs` where the service has answered before, so that a wrong address is told at once, and an outage waited for.
   * @param doing for messages, "storing <key>"
   * @param make one attempt; `attempt` counts from 1
   * @throws what the last attempt threw; FathomError CANCELLED, STORE_UNAVAILABLE when the last attempt ran out of time
   */
  async call<T>(doing: string, signal: AbortSignal | undefined, make: (client: Client, attempt: number) => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let count = 1; ; count++) {
      if (signal?.aborted) throw cancelled(doing);
      const { signal: either, end } = deadline(this.#settings.deadlineMs, signal);
      const attempt: Attempt = { signal: either };
      let pause: number;
      try {
        return await this.#attempts.run(attempt, () => untilAborted(make(this.#client, count), either));
      } catch (thrown) {
        if (signal?.aborted) throw cancelled(doing);
        pause = attempt.retryAfterMs ?? randomInt(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1)) + 1);
        const elapsed = performance.now() - start;
        const triesAgain = attempt.isMistimed || this.#triesAgain(thrown, count, elapsed, attempt.retryAfterMs);
        if (!triesAgain) throw either.aborted ? this.#tooSlow(doing, count, thrown) : thrown;
        tellStoreTrouble({ store: this.#settings.endpoint.origin, doing, problem: this.#problem(thrown, attempt) });
      } finally {
        end();
      }
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  #triesAgain(thrown: unknown, count: number, elapsed: number, retryAfterMs = 0): boolean {
    const { attempts, patienceMs } = this.#settings;
    if (thrown instanceof DamagedBody) return count === 1;
    if (!isWorthAnotherAttempt(thrown)) return false;
    const inTime = elapsed + retryAfterMs <= patienceMs;
    return count < attempts ? inTime || retryAfterMs === 0 : this.#server !== undefined && inTime;
  }

  /** The transport of the client: a request of the attempt that is being made. */
  #request(request: typeof http.request, options: http.RequestOptions, answer: (response: http.IncomingMessage) => void): http.ClientRequest {
    const attempt = this.#attempts.getStore();
    const { aheadMs } = this.#time;
    const made = request({ ...this.#time.signed(options), signal: attempt?.signal }, (response) => {
      const { statusCode = 0, headers } = response;
      this.#server = String(headers.server ?? '');
      if (attempt !== undefined && statusCode === 403) attempt.isMistimed = this.#time.learn(headers.date) || aheadMs !== this.#time.aheadMs;
      if (!DROPPED.includes(statusCode)) return answer(response);
      const seconds = Number(headers['retry-after']);
      if (attempt !== undefined && seconds > 0) attempt.retryAfterMs = 1000 * seconds;
      text(response).then(
        (body) => made.emit('error', refusal(statusCode, body)),
        (thrown: unknown) => made.emit('error', thrown),
      );
    });
    return made;
  }

  #problem(thrown: unknown, { signal, isMistimed = false }: Attempt): string {
    const seconds = Math.abs(Math.round(this.#time.aheadMs / 1000));
    if (isMistimed) return `its clock and the one here differ by ${seconds} s, and its time is taken: ${said(thrown)}`;
    return signal.aborted ? `no answer within ${this.#settings.deadlineMs} ms` : said(thrown);
  }

  #tooSlow(doing: string, count: number, cause: unknown): FathomError {
    const { endpoint, deadlineMs } = this.#settings;
    return new FathomError('STORE_UNAVAILABLE', `${endpoint.origin} did not answer within ${deadlineMs} ms, ${doing} (${count} attempts)`, {
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
