import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { InputError } from '@fathom/errors';

const MAX_AGE_MS = 5_000;

/** A client's own token, read again every few seconds, since tokens are short-lived. */
export class TokenFile {
  #token = '';
  #readAt = -Infinity;

  constructor(private readonly path: string) {}

  /** Throws an InputError where the file cannot be read or is empty. */
  get token(): string {
    if (performance.now() - this.#readAt > MAX_AGE_MS) {
      this.#token = read(this.path);
      this.#readAt = performance.now();
    }
    return this.#token;
  }
}

function read(path: string): string {
  let text = '';
  let cause: unknown;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    cause = error;
  }
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return text;
  // Without the text: it may be a secret all the same.
  const problem = cause === undefined ? 'holds no JSON Web Token' : 'cannot be read';
  throw new InputError({ field: 'clientTokenFile', problem, value: path, accepted: 'a file with one JSON Web Token', cause });
}
