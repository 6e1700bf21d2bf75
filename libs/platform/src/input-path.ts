import { realpath, stat } from 'node:fs/promises';
import { readdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { createHash } from 'node:crypto';
import { FathomError, InputError } from '@fathom/errors';

/** The real path behind a path from a request, if it lies below an input root; symbolic links are followed before the check. */
export async function inputPath(field: string, path: string, roots: readonly string[]): Promise<string> {
  if (path === '') throw new InputError({ field, problem: 'is missing', accepted: 'a path inside an input root' });
  let real: string;
  try {
    real = await realpath(resolve(path));
  } catch (cause) {
    throw new FathomError('NOT_FOUND', `${field}: there is no file "${path}"`, { cause, metadata: { field, path } });
  }
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => root);
    if (real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) return real;
  }
  throw new InputError({ field, problem: 'lies outside the input roots', value: path, accepted: roots.length > 0 ? `a path below ${roots.join(' or ')}` : 'nothing: this service has no input roots' });
}

/** Tells one state of files and folders from another: SHA-256 over paths, sizes and times of change of everything below them. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await addTo(hash, path, 0);
  return hash.digest('hex');
}

const DEEPEST = 8;

async function addTo(hash: ReturnType<typeof createHash>, path: string, depth: number): Promise<void> {
  const facts = await stat(path, { bigint: true });
  hash.update(JSON.stringify([path, facts.size.toString(), facts.mtimeNs.toString()]));
  if (!facts.isDirectory() || depth >= DEEPEST) return;
  for (const name of (await readdir(path)).sort()) await addTo(hash, join(path, name), depth + 1);
}
