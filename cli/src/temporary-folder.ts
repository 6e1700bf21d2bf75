import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of this process alone. */
export interface TemporaryFolder {
  readonly path: string;
  /** Deletes it with everything in it. */
  remove(): void;
}

const open = new Set<TemporaryFolder>();

/** Makes a folder in the system's folder for temporary files. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'fathom-'));
  const folder: TemporaryFolder = {
    path,
    remove: () => {
      open.delete(folder);
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  open.add(folder);
  return folder;
}

/** Deletes what is left, before a process ends that cannot wait. */
export function removeTemporaryFolders(): void {
  for (const folder of open) folder.remove();
}
