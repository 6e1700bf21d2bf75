import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { createHash } from 'node:crypto';
import { FathomError, InputError } from '@fathom/errors';

/**
 * The real path behind a path from a request, if it lies below an input root; symbolic links are followed before the check.
 * A path outside is refused in the same way whether it exists or not, so that nobody learns what lies there.
 */
export async function inputPath(field: string, path: string, roots: readonly string[]): Promise<string> {
  if (path === '' || path.includes('\0'))
    throw new InputError({ field, problem: path === '' ? 'is missing' : 'is no path', accepted: 'a path inside an input root' });
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => root)));
  const absolute = resolve(path);
  let real: string;
  try {
    real = await realpath(absolute);
  } catch (cause) {
    if (!isBelow(absolute, [...roots, ...realRoots])) throw outside(field, path, roots);
    throw new FathomError('NOT_FOUND', `${field}: "${path}" is not there, or not to be reached`, { cause, metadata: { field, path } });
  }
  if (!isBelow(real, realRoots)) throw outside(field, path, roots);
  return real;
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep));
}

function outside(field: string, path: string, roots: readonly string[]): InputError {
  const accepted = roots.length > 0 ? `a path below ${roots.join(' or ')}` : 'nothing: this service has no input roots';
  return new InputError({ field, problem: 'lies outside the input roots', value: path, accepted });
}

/** Tells one state of files and folders from another: SHA-256 over paths, sizes and times of change of everything below them, and of what links there point to. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await addTo(hash, path, 0);
  return hash.digest('hex');
}

const DEEPEST = 8;

async function addTo(hash: ReturnType<typeof createHash>, path: string, depth: number): Promise<void> {
  const facts = depth === 0 ? await stat(path, { bigint: true }) : await lstat(path, { bigint: true });
  addFacts(hash, path, facts);
  if (facts.isSymbolicLink()) {
    // Not entered: a folder of links to itself would be walked again and again.
    const target = await stat(path, { bigint: true }).catch(() => undefined);
    if (target) addFacts(hash, path, target);
  }
  if (!facts.isDirectory() || depth >= DEEPEST) return;
  for (const name of (await readdir(path)).sort()) await addTo(hash, join(path, name), depth + 1);
}

function addFacts(hash: ReturnType<typeof createHash>, path: string, { size, mtimeNs }: { size: bigint; mtimeNs: bigint }): void {
  hash.update(JSON.stringify([path, size.toString(), mtimeNs.toString()]));
}
