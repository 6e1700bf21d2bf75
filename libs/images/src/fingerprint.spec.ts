import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { fingerprintImageSet } from './fingerprint.js';
import { openImageSet, type ImageSetDescription } from './image-set.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fathom-fingerprint-'));
});
afterEach(() => rm(root, { recursive: true }));

const opened = async (description: ImageSetDescription) => {
  const source = await openImageSet(description);
  await source.close();
  return source.fingerprint;
};

describe('the fingerprint of an image set', () => {
  it('of a folder changes with every image that comes, goes or changes, and is the one it was opened with', async () => {
    const folder: ImageSetDescription = { kind: 'folder', root, channels: 3, skipBad: true };
    await mkdir(join(root, 'a'));
    const image = (name: string) => sharp({ create: { width: 2, height: 2, channels: 3, background: '#000' } }).toFile(join(root, 'a', name));
    await image('1.png');
    const states = [await opened(folder)];
    expect(await fingerprintImageSet(folder)).toBe(states[0]);
    await image('2.png');
    states.push(await opened(folder));
    await utimes(join(root, 'a/2.png'), 1, 1);
    states.push(await fingerprintImageSet(folder));
    await writeFile(join(root, 'a/3.png'), 'unreadable');
    states.push(await opened(folder));
    await rm(join(root, 'a/1.png'));
    states.push(await fingerprintImageSet(folder));
    expect(new Set(states).size).toBe(5);
  });

  it('of IDX files covers images and labels', async () => {
    const [images, labels] = [join(root, 'images'), join(root, 'labels')];
    await writeFile(images, Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7));
    await writeFile(labels, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 0));
    const idx: ImageSetDescription = { kind: 'idx', images, labels };
    const before = await opened(idx);
    expect(await fingerprintImageSet(idx)).toBe(before);
    await utimes(labels, 1, 1);
    expect(await opened(idx)).not.toBe(before);
    expect(await fingerprintImageSet({ kind: 'idx', images })).not.toBe(await fingerprintImageSet(idx));
  });
});
