import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testFolder } from './run-fathom.fixture.js';
import { requireWritableFile, requireWritableFolder, writeWhole } from './write-results.js';

const root = testFolder();

test('a file is written with the folders on its way, and replaced as a whole', async () => {
  const path = join(root, 'a/b/c.json');
  expect(await writeWhole(path, 'one')).toBe(path);
  await writeWhole(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(readdirSync(join(root, 'a/b'))).toEqual(['c.json']);
});

test('what cannot take its place leaves nothing behind', async () => {
  mkdirSync(join(root, 'd/taken'), { recursive: true });
  await expect(writeWhole(join(root, 'd/taken'), 'x')).rejects.toMatchObject({
    reason: 'INVALID_INPUT',
    message: expect.stringContaining(join(root, 'd/taken')) as string,
  });
  expect(readdirSync(join(root, 'd'))).toEqual(['taken']);
});

test('looking whether a place can be written changes nothing there', async () => {
  await requireWritableFolder(join(root, 'new/one'));
  await requireWritableFile(join(root, 'new/one/file'));
  expect(existsSync(join(root, 'new'))).toBe(false);
});

test('a file where a folder should be, and a folder where a file should be, are named', async () => {
  writeFileSync(join(root, 'plain'), '');
  await expect(requireWritableFolder(join(root, 'plain/x'))).rejects.toThrow(join(root, 'plain'));
  await expect(requireWritableFolder(join(root, 'plain'))).rejects.toThrow(/is no folder/);
  await expect(requireWritableFile(root)).rejects.toThrow(/is no file/);
});

test('a link that leads nowhere is no way around', async () => {
  symlinkSync(join(root, 'nowhere'), join(root, 'link'));
  await expect(writeWhole(join(root, 'link/x'), 'x')).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
});
