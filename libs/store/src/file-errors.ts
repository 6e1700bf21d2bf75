import { FathomError, InputError, cancelled } from '@fathom/errors';

const FULL = ['ENOSPC', 'EDQUOT'];
const READ_ONLY = ['EACCES', 'EPERM', 'EROFS'];
const UNDER_ANOTHER = ['ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY'];

/** What a failed write to a file store means. */
export function writeError(thrown: unknown, root: string, key: string): Error {
  const code = codeOf(thrown);
  const details = { metadata: { store: root, key }, cause: thrown };
  if (code === 'ABORT_ERR') return cancelled(`storing ${key}`);
  if (FULL.includes(code))
    return new FathomError('STORE_FULL', `the store ${root} has no room left for ${key}: free some, and run again (${code})`, details);
  if (READ_ONLY.includes(code)) return new FathomError('STORE_READ_ONLY', `the store ${root} cannot be written to, at ${key} (${code})`, details);
  if (UNDER_ANOTHER.includes(code))
    return new InputError({
      field: 'key',
      problem: 'another object, or a folder, is in its place',
      value: key,
      accepted: 'a key that is no folder of another',
      cause: thrown,
    });
  return new FathomError('STORE_UNAVAILABLE', `the store ${root} failed to store ${key}: ${String(thrown)}`, details);
}

/** What a failed read from a file store means, where the object is there. */
export function readError(thrown: unknown, root: string, key: string): Error {
  if (thrown instanceof FathomError) return thrown;
  if (codeOf(thrown) === 'ABORT_ERR') return cancelled(`reading ${key}`);
  return new FathomError('STORE_UNAVAILABLE', `the store ${root} failed to read ${key}: ${String(thrown)}`, {
    metadata: { store: root, key },
    cause: thrown,
  });
}

/** Whether it failed because there is no such file. */
export function isAbsent(thrown: unknown): boolean {
  return codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR';
}

/** The operating system's name of an error, or ''. */
export function codeOf(thrown: unknown): string {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : '';
  return typeof code === 'string' ? code : '';
}
