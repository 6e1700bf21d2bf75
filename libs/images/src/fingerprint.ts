import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { listClassFolder, type ClassFile } from './class-folder.js';
import type { ImageSetDescription } from './image-set.js';
import { inOrder } from './in-order.js';

/**
 * What tells one state of an image set's files from another: SHA-256 (hex) over their names, sizes and times of change.
 * No image is opened.
 *
 * @throws InputError where a folder cannot be listed
 */
export async function fingerprintImageSet(description: ImageSetDescription): Promise<string> {
  switch (description.kind) {
    case 'idx':
      return fingerprintFiles([description.images, description.labels]);
    case 'arrays':
      return fingerprintFiles([description.images.file, description.labels?.file]);
    case 'folder':
      return fingerprintClassFiles((await listClassFolder(description.root)).files);
  }
}

/** The fingerprint of files by their paths. A file that cannot be reached counts as such: opening it says why. */
export function fingerprintFiles(paths: readonly (string | undefined)[]): Promise<string> {
  return digest(paths.flatMap((path) => (path === undefined ? [] : [{ name: path, path }])));
}

/** The fingerprint of a folder of classes. */
export function fingerprintClassFiles(files: readonly ClassFile[]): Promise<string> {
  return digest(files);
}

async function digest(files: readonly { readonly name: string; readonly path: string }[]): Promise<string> {
  const hash = createHash('sha256');
  const states = await inOrder(files, ({ path }) => stat(path, { bigint: true }).catch(() => undefined));
  files.forEach(({ name }, i) => hash.update(JSON.stringify([name, String(states[i]?.size), String(states[i]?.mtimeNs)])));
  return hash.digest('hex');
}
