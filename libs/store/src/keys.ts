import { FathomError, InputError } from '@fathom/errors';

const KEY = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;
const PREFIX = /^([a-z0-9][a-z0-9._-]*\/)*([a-z0-9][a-z0-9._-]*)?$/;
const MOST_CHARACTERS = 512;
/** File systems take 255 bytes for a name. */
const MOST_CHARACTERS_A_PART = 200;

/** Whether a text can be the key of an object. */
export function isKey(key: string): boolean {
  return (
    key.length <= MOST_CHARACTERS && KEY.test(key) && !key.includes('..') && key.split('/').every((part) => part.length <= MOST_CHARACTERS_A_PART)
  );
}

/** @throws InputError for what is no key. */
export function checkKey(key: string): void {
  if (!isKey(key))
    throw new InputError({
      field: 'key',
      problem: 'not a key',
      value: key,
      accepted: 'at most 512 characters of a-z 0-9 . _ - in parts of at most 200, separated by /, no part starting with a sign, no ".."',
    });
}

/** @throws InputError for what no key can start with. */
export function checkPrefix(prefix: string): void {
  if (!PREFIX.test(prefix) || prefix.includes('..'))
    throw new InputError({
      field: 'prefix',
      problem: 'no key starts with it',
      value: prefix,
      accepted: 'the beginning of a key, or nothing',
    });
}

/** The bytes offset..offset+length−1 of an object of `size` bytes. @throws InputError when they are not all there. */
export function checkRange(key: string, size: number, offset = 0, length?: number): { offset: number; length: number } {
  const count = length ?? size - offset;
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(count) && offset >= 0 && count >= 0 && offset + count <= size)
    return { offset, length: count };
  throw new InputError({
    field: key,
    problem: 'no such bytes',
    value: `${length ?? 'all'} from ${offset}`,
    accepted: `a range inside its ${size} bytes`,
  });
}

/** The error for an object that is not there. */
export function noSuchObject(store: string, key: string, cause?: unknown): FathomError {
  return new FathomError('NOT_FOUND', `${store} has no object ${key}`, { metadata: { store, key }, cause });
}
