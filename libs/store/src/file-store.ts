import fs from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cancelled } from '@fathom/errors';
import { codeOf, isAbsent, readError, writeError } from './file-errors.js';
import { checkKey, checkPrefix, checkRange, isKey, noSuchObject } from './keys.js';
import type { CallOptions, GetOptions, ListOptions, ObjectStore, PutOptions, StoredObject } from './object-store.js';
import { TemporaryFiles } from './temporary-files.js';

/**
 * A store in a folder, which is made at the first put. An object is the file `<root>/<key>`. It is written beside (`<root>/.tmp`),
 * flushed to the disk, and then linked or renamed to its place, so nobody ever sees half of it. The file system must know hard links.
 */
export function fileStore(root: string): ObjectStore {
  return new FileStore(resolve(root));
}

class FileStore implements ObjectStore {
  readonly name: string;
  readonly #temporary: TemporaryFiles;

  constructor(readonly root: string) {
    this.name = root;
    this.#temporary = new TemporaryFiles(root);
  }

  async put(key: string, bytes: Uint8Array, { ifAbsent = false, signal }: PutOptions = {}): Promise<'stored' | 'present'> {
    checkKey(key);
    if (signal?.aborted) throw cancelled(`storing ${key}`);
    if (ifAbsent && (await this.head(key)) !== undefined) return 'present';
    let temporary: string | undefined;
    try {
      temporary = await this.#temporary.path();
      await writeDurably(temporary, bytes, signal);
      const path = join(this.root, key);
      await fs.mkdir(dirname(path), { recursive: true });
      if (!ifAbsent) await fs.rename(temporary, path);
      else if (!(await linkIfAbsent(temporary, path))) return 'present';
      return 'stored';
    } catch (thrown) {
      throw writeError(thrown, this.root, key);
    } finally {
      // Gone already where it was renamed. What cannot be removed is harmless, and swept up later.
      if (temporary !== undefined) await fs.rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async get(key: string, { offset, length, signal }: GetOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    if (signal?.aborted) throw cancelled(`reading ${key}`);
    const file = await fs.open(join(this.root, key), 'r').catch((thrown: unknown) => {
      throw isAbsent(thrown) ? noSuchObject(this.root, key, thrown) : readError(thrown, this.root, key);
    });
    try {
      const about = await file.stat();
      if (!about.isFile()) throw noSuchObject(this.root, key);
      const range = checkRange(key, about.size, offset, length);
      return await readExactly(file, range.offset, range.length, signal);
    } catch (thrown) {
      throw readError(thrown, this.root, key);
    } finally {
      await file.close();
    }
  }

  async head(key: string, { signal }: CallOptions = {}): Promise<{ size: number } | undefined> {
    checkKey(key);
    if (signal?.aborted) throw cancelled(`looking for ${key}`);
    try {
      const about = await fs.stat(join(this.root, key));
      return about.isFile() ? { size: about.size } : undefined;
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined;
      throw readError(thrown, this.root, key);
    }
  }

  async *list(prefix: string, { startAfter = '', signal }: ListOptions = {}): AsyncIterable<StoredObject> {
    checkPrefix(prefix);
    yield* this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, startAfter, signal);
  }

  async delete(key: string, { signal }: CallOptions = {}): Promise<void> {
    checkKey(key);
    if (signal?.aborted) throw cancelled(`deleting ${key}`);
    try {
      await fs.unlink(join(this.root, key));
    } catch (thrown) {
      if (!isAbsent(thrown)) throw writeError(thrown, this.root, key);
    }
  }

  /** `folder` is '' or ends in '/'. With that '/', the order of names in a folder is the order of whole keys. */
  async *#walk(folder: string, prefix: string, startAfter: string, signal: AbortSignal | undefined): AsyncIterable<StoredObject> {
    const entries = await fs.readdir(join(this.root, folder), { withFileTypes: true }).catch((thrown: unknown) => {
      if (isAbsent(thrown)) return [];
      throw readError(thrown, this.root, folder);
    });
    const paths = entries
      .filter((entry) => entry.isFile() || entry.isDirectory())
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`);
    for (const path of paths.sort()) {
      if (signal?.aborted) throw cancelled(`listing ${prefix}`);
      if (path.endsWith('/')) {
        const mayHold = path > startAfter || startAfter.startsWith(path);
        if (mayHold && isKey(path.slice(0, -1)) && path.startsWith(prefix)) yield* this.#walk(path, prefix, startAfter, signal);
      } else if (path > startAfter && isKey(path) && path.startsWith(prefix)) {
        const about = await this.head(path);
        if (about !== undefined) yield { key: path, size: about.size };
      }
    }
  }
}

async function writeDurably(path: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
  const file = await fs.open(path, 'wx');
  try {
    await file.writeFile(bytes, { signal });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a file its second name, if nothing has that name: the one step that decides between writers. */
async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await fs.link(from, to);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** One read call of the operating system takes at most 2^31 − 1 bytes; smaller pieces let a signal through. */
const BYTES_A_CALL = 2 ** 26;

async function readExactly(file: fs.FileHandle, offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    if (signal?.aborted) throw cancelled('reading');
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, BYTES_A_CALL), offset + done);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    done += bytesRead;
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
}
