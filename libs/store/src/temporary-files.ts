import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './file-errors.js';

/** A file that was begun longer ago belongs to no writer that is still at work. */
const OLD_MS = 60 * 60 * 1000;
const HOST = hostname().replace(/[^A-Za-z0-9-]/g, '-');

/** The folder, inside a file store, where objects are written before they appear under their keys. */
export class TemporaryFiles {
  readonly folder: string;
  #swept: Promise<void> | undefined;

  constructor(root: string) {
    this.folder = join(root, '.tmp');
  }

  /** A path for a new file. The first call removes what writers that died have left in the folder. */
  async path(): Promise<string> {
    await fs.mkdir(this.folder, { recursive: true });
    this.#swept ??= this.#sweep();
    await this.#swept;
    return join(this.folder, `${HOST}.${process.pid}.${randomUUID()}`);
  }

  /** Best effort: what cannot be removed is harmless. */
  async #sweep(): Promise<void> {
    for (const name of await fs.readdir(this.folder).catch(() => [])) {
      const path = join(this.folder, name);
      if (writerIsDead(name) || (await isOld(path))) await fs.rm(path, { force: true }).catch(() => undefined);
    }
  }
}

/** Of another host nothing is known; and a process with the number of a dead one keeps its files, until they are old. */
function writerIsDead(name: string): boolean {
  const [host, pid] = name.split('.');
  if (host !== HOST || !/^\d+$/.test(pid ?? '')) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (thrown) {
    return codeOf(thrown) === 'ESRCH';
  }
}

async function isOld(path: string): Promise<boolean> {
  const about = await fs.stat(path).catch(() => undefined);
  return about !== undefined && Date.now() - about.mtimeMs > OLD_MS;
}
