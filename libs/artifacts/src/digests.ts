import { InputError } from '@fathom/errors';

const HEX = /^[0-9a-f]{64}$/;

/** The 64 hex digits of a digest, with or without `sha256:` before them. @throws InputError for what is none */
export function digestHex(digest: string, field: string): string {
  const hex = digest.startsWith('sha256:') ? digest.slice(7) : digest;
  if (!HEX.test(hex)) throw new InputError({ field, problem: 'not a digest', value: digest, accepted: 'sha256: and 64 lower-case hex digits' });
  return hex;
}

/** Whether something read is the hex form of a SHA-256. */
export function isSha256Hex(value: unknown): value is string {
  return typeof value === 'string' && HEX.test(value);
}

/** Whether something read is a content digest. */
export function isContentDigest(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('sha256:') && HEX.test(value.slice(7));
}
