import { performance } from 'node:perf_hooks';
import { FathomError, InputError } from '@fathom/errors';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK, type JWTHeaderParameters } from 'jose';
import type { Logger } from './logger.js';

/** Where a key set comes from. */
export interface KeySource {
  /** For messages. */
  readonly name: string;
  /** How long keys are used before they are fetched again. */
  readonly maxAgeMs: number;
  /** Whether calls wait for fresh keys; else they go on with the old ones meanwhile. */
  readonly isQuick: boolean;
  fetch(): Promise<string>;
}

/** A token with an unknown key has the keys fetched again, but not more often than this. */
const COOLDOWN_MS = 5_000;

/** How long keys are used that cannot be fetched again. */
const MOST_STALE_MS = 3_600_000;

const MOST_KEYS = 100;

type FindKey = ReturnType<typeof createLocalJWKSet>;

/** The public keys of an issuer, fetched again when they are old or a token names one that is not among them. */
export class KeySet {
  #find: FindKey | undefined;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #loading: Promise<void> | undefined;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(
    private readonly source: KeySource,
    private readonly logger: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The key that a token's header names. Throws UNAVAILABLE where there are no keys, and what jose throws where none of them is it. */
  async keyFor(header: JWTHeaderParameters): ReturnType<FindKey> {
    if (this.now() - this.#fetchedAt > this.source.maxAgeMs) {
      const reloaded = this.#reload();
      if (this.source.isQuick || !this.#isUsable) await reloaded;
    }
    try {
      return await this.#usable()(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.now() - this.#triedAt <= COOLDOWN_MS) throw error;
      await this.#reload();
      return this.#usable()(header);
    }
  }

  /** Fetches the keys. Throws where that fails. */
  async load(): Promise<void> {
    this.#triedAt = this.now();
    this.#find = createLocalJWKSet(parseKeys(await this.source.fetch(), this.source.name));
    this.#fetchedAt = this.now();
  }

  /** The same once for all who wait, and with what there was before where it fails. */
  #reload(): Promise<void> {
    if (this.#find !== undefined && this.now() - this.#triedAt <= Math.min(COOLDOWN_MS, this.source.maxAgeMs)) return Promise.resolve();
    this.#loading ??= this.load()
      .catch((error: unknown) => this.logger.error({ keys: this.source.name, error }, 'the keys of tokens cannot be read again'))
      .finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  get #isUsable(): boolean {
    return this.now() - this.#fetchedAt <= MOST_STALE_MS;
  }

  #usable(): FindKey {
    if (this.#find && this.#isUsable) return this.#find;
    throw new FathomError('UNAVAILABLE', 'the keys that tokens are checked with cannot be read now');
  }
}

const KEY_TYPES = ['OKP', 'EC', 'RSA'];

/** A set of public keys. Throws an InputError for anything else; what is in the text is not shown. */
export function parseKeys(text: string, field: string): JSONWebKeySet {
  const refused = (problem: string): InputError =>
    new InputError({ field, problem, accepted: `a JSON Web Key Set of 1 to ${MOST_KEYS} public keys (${KEY_TYPES.join(', ')})` });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw refused('is not JSON');
  }
  const keys = (parsed as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length < 1 || keys.length > MOST_KEYS) throw refused('is no set of keys');
  for (const key of keys as (JWK | null)[]) {
    if (typeof key !== 'object' || key === null || !KEY_TYPES.includes(key.kty ?? '')) throw refused('holds a key of another type');
    if ('d' in key) throw refused('holds a private key');
  }
  return { keys: keys as JWK[] };
}
