import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FathomError, InputError } from '@fathom/errors';

/** Writes a file as a whole or not at all; folders on the way are made. Returns its absolute path. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<string> {
  const target = resolve(path);
  const temporary = join(dirname(target), `.${randomUUID()}.fathom-part`);
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(temporary, content, { flag: 'wx' });
    await rename(temporary, target);
    return target;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(target, cause);
  }
}

/** Finds out before the work, not after it, that results could not be written there. Changes nothing. */
export async function requireWritableFile(path: string): Promise<void> {
  const target = resolve(path);
  const about = await stat(target).catch(() => undefined);
  if (about && !about.isFile()) throw new InputError({ field: '--out', problem: 'is no file', value: path, accepted: 'a file to write' });
  await requireWritableFolder(dirname(target));
}

/** The same for a folder, which need not be there yet. */
export async function requireWritableFolder(path: string): Promise<void> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const about = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' && folder !== dirname(folder)) return undefined;
      throw writeError(folder, cause);
    });
    if (!about) continue;
    if (!about.isDirectory())
      throw new InputError({ field: '--out', problem: `${folder} is no folder`, value: path, accepted: 'a folder to write to' });
    return access(folder, constants.W_OK).catch((cause: unknown) => {
      throw writeError(resolve(path), cause);
    });
  }
}

function writeError(target: string, cause: unknown): FathomError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const details = { cause, metadata: { path: target } };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new FathomError('STORE_FULL', `${target} cannot be written: the disk is full`, details);
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new FathomError('STORE_READ_ONLY', `${target} cannot be written: it is read-only here (${code})`, details);
  return new InputError({ field: '--out', problem: `${target} cannot be written: ${message}`, accepted: 'a place that can be written', cause });
}
