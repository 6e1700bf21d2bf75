import { readFile } from 'node:fs/promises';
import { deadline, FathomError, InputError } from '@fathom/errors';
import { isLoopback } from '@fathom/wire';
import type { KeySource } from './key-set.js';

const MOST_BYTES = 256 * 1024;

const FILE_MAX_AGE_MS = 1_000;
const URL_MAX_AGE_MS = 300_000;
const URL_TIMEOUT_MS = 5_000;

/** Keys of a file. */
export function fileKeys(path: string): KeySource {
  return {
    name: 'tokens.jwksFile',
    maxAgeMs: FILE_MAX_AGE_MS,
    isQuick: true,
    async fetch() {
      try {
        return await readFile(path, 'utf8');
      } catch (cause) {
        throw new InputError({ field: 'tokens.jwksFile', problem: 'cannot be read', value: path, accepted: 'a file with a JSON Web Key Set', cause });
      }
    },
  };
}

/** Keys of an address of the web, without redirections. Throws an InputError for one that anybody on the way could answer. */
export function urlKeys(text: string, timeoutMs = URL_TIMEOUT_MS): KeySource {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) || url.username !== '' || url.password !== '')
    throw new InputError({
      field: 'tokens.jwksUrl',
      problem: 'is no address to fetch keys from',
      accepted: 'https://host/path, or http:// on this machine itself, without a password',
    });
  return {
    name: 'tokens.jwksUrl',
    maxAgeMs: URL_MAX_AGE_MS,
    isQuick: false,
    async fetch() {
      const { signal, end } = deadline(timeoutMs);
      try {
        const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
        if (!response.ok) throw new Error(`it answered ${response.status}`);
        return await boundedText(response);
      } catch (cause) {
        throw new FathomError('UNAVAILABLE', `the keys at ${url.origin}${url.pathname} cannot be fetched`, { cause });
      } finally {
        end();
      }
    },
  };
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
