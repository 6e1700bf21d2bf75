import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FathomError, type Reason } from '@fathom/errors';

/** Writes a file as a whole or not at all; folders on the way are made. Returns its absolute path. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<string> {
  const target = resolve(path);
  const temporary = join(dirname(target), `.${process.pid}.fathom-part`);
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(temporary, content);
    await rename(temporary, target);
    return target;
  } catch (cause) {
    throw new FathomError(reasonOf((cause as NodeJS.ErrnoException).code), `${target} cannot be written: ${(cause as Error).message}`, {
      cause,
      metadata: { path: target },
    });
  }
}

function reasonOf(code: string | undefined): Reason {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'STORE_FULL';
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return 'STORE_READ_ONLY';
  return 'INVALID_INPUT';
}
