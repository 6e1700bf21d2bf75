import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBytes, memoryBytes } from './byte-source.js';

describe('bytes of a file', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'bytes-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('are read by ranges, as those in memory', async () => {
    const content = Uint8Array.of(1, 2, 3, 4, 5);
    const path = join(folder, 'some');
    await writeFile(path, content);
    const file = await fileBytes(path);
    for (const source of [file, memoryBytes(path, content)]) {
      expect([source.name, source.size]).toEqual([path, 5]);
      expect(await source.read(1, 3)).toEqual(Uint8Array.of(2, 3, 4));
      expect(await source.read(5, 0)).toEqual(new Uint8Array(0));
      for (const [offset, length] of [
        [3, 3],
        [-1, 2],
        [0, -1],
        [0.5, 1],
        [0, NaN],
      ] as const)
        await expect(source.read(offset, length)).rejects.toThrow(
          `${path}: no such bytes (got ${length} from ${offset}); accepted: a range inside its 5 bytes`,
        );
    }
    await file.close();
  });

  it('that became shorter are refused', async () => {
    const path = join(folder, 'shrinking');
    await writeFile(path, new Uint8Array(10));
    const file = await fileBytes(path);
    await truncate(path, 4);
    await expect(file.read(0, 10)).rejects.toThrow('became shorter while it was read (got 4); accepted: a file of 10 bytes');
    await file.close();
  });

  it('are not there, or no file', async () => {
    await expect(fileBytes(join(folder, 'none'))).rejects.toThrow('none: no such file; accepted: a file that can be read');
    await expect(fileBytes(folder)).rejects.toThrow('not a file');
  });
});
