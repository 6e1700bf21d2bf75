import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, inputPath } from './input-path.js';

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'fathom-input-')));
  root = join(base, 'root');
  mkdirSync(join(root, 'a'), { recursive: true });
  mkdirSync(join(base, 'root-beside'));
  writeFileSync(join(root, 'a/file'), 'x');
  writeFileSync(join(base, 'secret'), 'x');
  writeFileSync(join(base, 'root-beside/file'), 'x');
});
afterEach(() => rmSync(base, { recursive: true }));

const outside = { name: 'InputError', field: 'path', message: expect.stringContaining('lies outside the input roots') };

describe('a path from a request', () => {
  it('is taken below a root, with links that stay inside followed', async () => {
    symlinkSync(join(root, 'a/file'), join(root, 'link'));
    expect(await inputPath('path', join(root, 'a/file'), [root])).toBe(join(root, 'a/file'));
    expect(await inputPath('path', join(root, 'a/../link'), [root])).toBe(join(root, 'a/file'));
    expect(await inputPath('path', root, [root])).toBe(root);
    expect(await inputPath('path', join(root, 'a/file'), ['/'])).toBe(join(root, 'a/file'));
  });

  it('is taken below a root that is itself a link', async () => {
    symlinkSync(root, join(base, 'alias'));
    expect(await inputPath('path', join(base, 'alias/a/file'), [join(base, 'alias')])).toBe(join(root, 'a/file'));
  });

  it('is refused outside: plain, by dots, beside a root of the same beginning, by a link, without roots', async () => {
    symlinkSync(join(base, 'secret'), join(root, 'file-link'));
    symlinkSync(base, join(root, 'folder-link'));
    const paths = [
      join(base, 'secret'),
      join(root, '../secret'),
      join(base, 'root-beside/file'),
      join(root, 'file-link'),
      join(root, 'folder-link/secret'),
    ];
    for (const path of paths) await expect(inputPath('path', path, [root])).rejects.toMatchObject(outside);
    await expect(inputPath('path', join(root, 'a/file'), [])).rejects.toMatchObject(outside);
  });

  it('tells nobody whether something exists outside', async () => {
    await expect(inputPath('path', join(base, 'none'), [root])).rejects.toMatchObject(outside);
    await expect(inputPath('path', join(root, 'none'), [root])).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });

  it('is refused where it is no path', async () => {
    for (const path of ['', 'a\0b']) await expect(inputPath('path', path, [root])).rejects.toMatchObject({ name: 'InputError', field: 'path' });
  });
});

describe('a fingerprint', () => {
  it('does not enter links, which may go in circles, but sees what they point to change', async () => {
    for (let i = 0; i < 12; i++) symlinkSync(root, join(root, `self-${i}`)); // entered, these would be 12⁸ folders
    symlinkSync(join(base, 'none'), join(root, 'dangling'));
    symlinkSync(join(base, 'secret'), join(root, 'link'));
    const before = await fingerprint([root]);
    expect(await fingerprint([root])).toBe(before);
    writeFileSync(join(base, 'secret'), 'changed');
    expect(await fingerprint([root])).not.toBe(before);
  });

  it('is the same while nothing changes, and another after a file has changed, come or gone', async () => {
    const seen = new Set<string>();
    const another = async (): Promise<void> => {
      const now = await fingerprint([root]);
      expect(await fingerprint([root])).toBe(now);
      expect(seen.has(now)).toBe(false);
      seen.add(now);
    };
    await another();
    writeFileSync(join(root, 'a/file'), 'xy');
    await another();
    utimesSync(join(root, 'a/file'), 1, 2);
    await another();
    writeFileSync(join(root, 'a/second'), '');
    await another();
    rmSync(join(root, 'a/second'));
    await another();
    expect(await fingerprint([root, join(root, 'a')])).not.toBe(await fingerprint([join(root, 'a'), root]));
  });
});
