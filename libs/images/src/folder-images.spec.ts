import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { FolderImages } from './folder-images.js';
import { openImageSet } from './image-set.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fathom-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

type Colour = [number, number, number];
/** A PNG or JPEG file of one colour. */
const image = async (name: string, colour: Colour, width = 4, height = 3) => {
  await mkdir(dirname(join(root, name)), { recursive: true });
  const [r, g, b] = colour;
  await sharp({ create: { width, height, channels: 3, background: { r, g, b } } }).toFile(join(root, name));
};
const put = async (name: string, bytes: Uint8Array | string) => {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), bytes);
};
const open = (options: Partial<FolderImages> = {}) => openImageSet({ kind: 'folder', root, channels: 3, ...options });
const refused = (options: Partial<FolderImages>, message: string) =>
  expect(open(options)).rejects.toThrow(expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }));
/** The first pixel of every image. */
const firstPixels = async (options: Partial<FolderImages> = {}) => {
  const set = await open(options);
  const pixels = await set.read(0, set.count);
  const size = pixels.length / set.count;
  return Array.from({ length: set.count }, (_, i) => [...pixels.subarray(i * size, i * size + set.channels)]);
};

const RED: Colour = [255, 0, 0];
const GREEN: Colour = [0, 128, 0];

describe('a folder of classes', () => {
  it('gives classes and files in code-unit order, PNG and JPEG alike', async () => {
    await image('b/2.png', [0, 0, 255]);
    await image('b/10.png', [10, 20, 30]);
    await image('a/x.JPG', [80, 80, 80]);
    await image('Z/y.jpeg', [0, 0, 0]);
    const set = await open();
    expect(set).toMatchObject({ count: 4, height: 3, width: 4, channels: 3, classNames: ['Z', 'a', 'b'], skipped: [] });
    expect([...set.labels!]).toEqual([0, 1, 2, 2]);
    expect(await firstPixels()).toEqual([
      [0, 0, 0],
      [80, 80, 80],
      [10, 20, 30],
      [0, 0, 255],
    ]);
    expect([...(await set.read(2, 3))].slice(0, 6)).toEqual([10, 20, 30, 10, 20, 30]);
    await expect(set.read(3, 5)).rejects.toThrow(/no such rows/);
    await set.close();
  });

  it('decodes to gray by the luma that PIL uses, and gray images to three equal channels', async () => {
    await image('a/1.png', RED);
    await image('a/2.png', GREEN);
    await image('a/3.png', [7, 7, 7]);
    // PIL.Image.new('RGB', (1, 1), colour).convert('L').getpixel((0, 0))
    expect(await firstPixels({ channels: 1 })).toEqual([[76], [75], [7]]);
    await rm(join(root, 'a'), { recursive: true });
    await put(
      'a/gray.png',
      await sharp(Buffer.from([50, 60, 70, 80]), { raw: { width: 2, height: 2, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    );
    expect(await firstPixels()).toEqual([[50, 50, 50]]);
  });

  it('drops transparency and keeps the colour beneath', async () => {
    await put(
      'a/1.png',
      await sharp(Buffer.from([200, 100, 50, 0]), { raw: { width: 1, height: 1, channels: 4 } })
        .png()
        .toBuffer(),
    );
    expect(await firstPixels()).toEqual([[200, 100, 50]]);
  });

  it('passes over hidden files and files of other kinds', async () => {
    await image('a/1.png', RED);
    await put('a/.DS_Store', 'x');
    await put('a/notes.txt', 'x');
    await put('README.md', 'x');
    await put('.git/1.png', 'x');
    expect((await open()).count).toBe(1);
  });

  it('may be read again after a file has changed', async () => {
    await image('a/1.png', RED);
    const set = await open();
    await set.read(0, 1);
    await image('a/1.png', GREEN);
    expect([...(await set.read(0, 1))].slice(0, 3)).toEqual(GREEN);
    await image('a/1.png', GREEN, 5, 5);
    await expect(set.read(0, 1)).rejects.toThrow(/a\/1\.png: changed while it was read \(got 5 × 5 pixels\); accepted: 4 × 3 pixels/);
  });
});

describe('images of several sizes', () => {
  beforeEach(async () => {
    await image('a/1.png', RED, 4, 4);
    await image('a/2.png', GREEN, 8, 4);
  });

  it('are refused without a resize rule, naming two files and their sizes', async () => {
    await refused(
      {},
      `resize: images of several sizes: ${join(root, 'a/1.png')} is 4 × 4, ${join(root, 'a/2.png')} is 8 × 4; accepted: images of one size, or a resize rule`,
    );
  });

  it('are brought to one by stretching, cutting off or filling up', async () => {
    for (const fit of ['fill', 'cover'] as const) {
      expect(await firstPixels({ resize: { width: 2, height: 2, fit } })).toEqual([RED, GREEN]);
    }
    const set = await open({ resize: { width: 2, height: 2, fit: 'contain' } });
    expect(set).toMatchObject({ width: 2, height: 2 });
    expect([...(await set.read(1, 2))].slice(6)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('need a rule that is one', async () => {
    await refused(
      { resize: { width: 0, height: 2, fit: 'fill' } },
      'resize: no resize rule (got {"width":0,"height":2,"fit":"fill"}); accepted: width and height from 1 to 65535',
    );
    await refused({ resize: { width: 2, height: 2, fit: 'inside' as never } }, 'fit: fill, cover or contain');
    await refused(
      { resize: { width: 65_535, height: 65_535, fit: 'fill' } },
      'resize: too large (got 65535 × 65535 pixels); accepted: at most 100000000 pixels',
    );
  });
});

describe('what is refused in a folder of classes', () => {
  it('no folder, no class, an image without a class, a folder in a class', async () => {
    await refused({ root: join(root, 'nowhere') }, 'nowhere: no such folder');
    await refused({}, 'holds no class folder');
    await put('stray.png', 'x');
    await refused({}, 'stray.png: an image that belongs to no class');
    await refused({ root: join(root, 'stray.png') }, 'stray.png: not a folder');
    await rm(join(root, 'stray.png'));
    await image('a/b/1.png', RED);
    await refused({}, `${join(root, 'a/b')}: a folder inside a class folder`);
  });

  it('an empty class', async () => {
    await image('a/1.png', RED);
    await mkdir(join(root, 'empty'));
    await refused({}, `${join(root, 'empty')}: the class folder is empty (got 0 images); accepted: at least one PNG or JPEG image`);
  });

  it('links that lead out of the root, or nowhere; those inside are followed', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'fathom-outside-'));
    await image('a/1.png', RED);
    await writeFile(join(outside, 'secret.png'), await readFile(join(root, 'a/1.png')));
    await symlink(join(root, 'a/1.png'), join(root, 'a/2.png'));
    expect((await open()).count).toBe(2);
    await symlink(join(outside, 'secret.png'), join(root, 'a/3.png'));
    await refused({}, `${join(root, 'a/3.png')}: a link that leads out of the image folder`);
    await rm(join(root, 'a/3.png'));
    await symlink(outside, join(root, 'b'));
    await refused({}, `${join(root, 'b')}: a link that leads out of the image folder`);
    await rm(join(root, 'b'));
    await symlink(join(root, 'missing'), join(root, 'b'));
    await refused({}, `${join(root, 'b')}: cannot be read (ENOENT)`);
    await rm(outside, { recursive: true });
  });

  it('options that are none', async () => {
    await refused({ channels: 2 as never }, 'channels: unknown (got 2); accepted: 1 (gray) or 3 (RGB)');
  });
});

describe('an unreadable image', () => {
  const good = () => image('a/good.png', RED);

  it('is named: empty, of another format, with a broken header', async () => {
    await good();
    await put('a/bad.png', '');
    await refused({}, `${join(root, 'a/bad.png')}: neither PNG nor JPEG (got an empty file); accepted: a complete PNG or JPEG image`);
    await put('a/bad.png', '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>');
    await refused({}, 'bad.png: neither PNG nor JPEG');
    await put('a/bad.png', (await readFile(join(root, 'a/good.png'))).subarray(0, 20));
    await refused({}, `${join(root, 'a/bad.png')}: the image cannot be read: `);
  });

  it('is named when its pixels end too early: PNG and JPEG', async () => {
    const noise = {
      create: { width: 64, height: 64, channels: 3 as const, background: '#000', noise: { type: 'gaussian' as const, mean: 128, sigma: 30 } },
    };
    for (const [name, whole] of [
      ['1.png', await sharp(noise).png().toBuffer()],
      ['1.jpg', await sharp(noise).jpeg().toBuffer()],
    ] as const) {
      await put(`c/${name}`, whole.subarray(0, Math.floor(whole.length / 2)));
      const set = await open();
      await expect(set.read(0, 1)).rejects.toThrow(
        expect.objectContaining({ name: 'InputError', message: expect.stringContaining(`${join(root, 'c', name)}: the image cannot be read: `) }),
      );
      await rm(join(root, 'c'), { recursive: true });
    }
  });

  it('is left out and listed where that is asked for, also when only its pixels are broken', async () => {
    await good();
    await put('a/bad.png', 'x');
    const noise = {
      create: { width: 64, height: 64, channels: 3 as const, background: '#000', noise: { type: 'gaussian' as const, mean: 128, sigma: 30 } },
    };
    const whole = await sharp(noise).png().toBuffer();
    await put('b/cut.png', whole.subarray(0, whole.length / 2));
    await image('b/good.png', GREEN);
    const set = await open({ skipBad: true });
    expect(set).toMatchObject({ count: 2, skipped: ['a/bad.png', 'b/cut.png'], classNames: ['a', 'b'] });
    expect([...set.labels!]).toEqual([0, 1]);
    expect(await firstPixels({ skipBad: true })).toEqual([RED, GREEN]);
  });

  it('is no way to leave a class without images', async () => {
    await good();
    await put('b/bad.png', 'x');
    await refused({ skipBad: true }, `${join(root, 'b')}: the class folder is empty`);
  });
});
