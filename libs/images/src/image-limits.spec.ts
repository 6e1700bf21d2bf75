import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { encodeSafetensors } from '@fathom/tensors';
import sharp from 'sharp';
import { IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
import { openImageSet, type ImageSetDescription } from './image-set.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-limits-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Refused at one below what it has, with the message; taken at what it has. */
async function refusedBelow(description: ImageSetDescription, limits: Partial<ImageLimits>, message: string): Promise<void> {
  const below = Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, limit - 1]));
  await expect(openImageSet(description, { ...IMAGE_LIMITS, ...below })).rejects.toThrow(message);
  await (await openImageSet(description, { ...IMAGE_LIMITS, ...limits })).close();
}

async function classFolder(): Promise<ImageSetDescription> {
  for (const name of ['a/1.png', 'a/2.png', 'b/3.png']) {
    await mkdir(join(folder, 'set', name, '..'), { recursive: true });
    await sharp({ create: { width: 7, height: 5, channels: 3, background: '#123' } })
      .png()
      .toFile(join(folder, 'set', name));
  }
  return { kind: 'folder', root: join(folder, 'set'), channels: 3 };
}

async function idx(gzip: boolean): Promise<ImageSetDescription> {
  const bytes = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2]), Buffer.alloc(24)]);
  await writeFile(join(folder, 'images'), gzip ? gzipSync(bytes) : bytes);
  return { kind: 'idx', images: join(folder, 'images') };
}

describe('an image set is refused that has', () => {
  it('too many images, in a folder before any is opened', async () => {
    await refusedBelow(await classFolder(), { images: 3 }, 'too many images (got 3 images); accepted: at most 2 images');
    await refusedBelow(await idx(false), { images: 4 }, 'too many images (got 4 images); accepted: at most 3 images');
  });

  it('too many classes', async () => {
    await refusedBelow(await classFolder(), { classes: 2 }, 'too many classes (got 2 classes); accepted: at most 1 classes');
  });

  it('images of too many pixels', async () => {
    await refusedBelow(await classFolder(), { imagePixels: 35 }, '1.png: too large (got 7 × 5 pixels); accepted: at most 34 pixels');
    await refusedBelow(await idx(false), { imagePixels: 6 }, 'its images are too large (got 6 pixels an image); accepted: at most 5 pixels an image');
  });

  it('a file of too many bytes', async () => {
    const description = await classFolder();
    const { size } = await stat(join(folder, 'set/a/1.png'));
    await refusedBelow(description, { imageFileBytes: size }, `too large (got ${size} bytes); accepted: at most ${size - 1} bytes`);
  });

  it('more bytes unpacked than are held in memory', async () => {
    await refusedBelow(await idx(true), { unpackedBytes: 40 }, 'accepted: a complete gzip file of at most 39 bytes unpacked');
  });

  it('a tensor of too many elements or dimensions', async () => {
    await writeFile(join(folder, 'x.safetensors'), encodeSafetensors([{ name: 'x', dtype: 'U8', shape: [2, 3, 4, 1], data: new Uint8Array(24) }]));
    const description: ImageSetDescription = { kind: 'arrays', images: { file: join(folder, 'x.safetensors') } };
    await refusedBelow(description, { tensorElements: 24 }, 'too large (got 24 elements); accepted: at most 23 elements');
    await refusedBelow(description, { tensorDimensions: 4 }, 'too many dimensions (got 4 dimensions); accepted: at most 3 dimensions');
  });
});

it('a small file that says it is a huge image is refused by its header', async () => {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.from([0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 8, 2, 0, 0, 0]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  await mkdir(join(folder, 'set/a'), { recursive: true });
  const bomb = [signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(1_000_000))), chunk('IEND', Buffer.alloc(0))];
  await writeFile(join(folder, 'set/a/bomb.png'), Buffer.concat(bomb));
  await expect(openImageSet({ kind: 'folder', root: join(folder, 'set'), channels: 3 })).rejects.toThrow(
    'bomb.png: too large (got 65535 × 65535 pixels); accepted: at most 100000000 pixels',
  );
});

function crc(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}
