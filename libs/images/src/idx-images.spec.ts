import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openImageSet } from './image-set.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, bytes: Uint8Array) => {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
};
/** The bytes of an IDX file. */
const idx = (dims: number[], values: ArrayLike<number>, type = 8) => {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, type, dims.length]);
  dims.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, Uint8Array.from(Array.from(values))]);
};
const pixels = Array.from({ length: 3 * 2 * 2 }, (_, i) => i * 20);
const images = idx([3, 2, 2], pixels);
const labels = idx([3], [2, 0, 1]);

describe('an IDX image set', () => {
  it('is read by ranges, plain and with gzip, whatever the file is called', async () => {
    for (const [i, pack] of [(bytes: Uint8Array) => bytes, gzipSync].entries()) {
      const set = await openImageSet({
        kind: 'idx',
        images: await write(`images${i}`, pack(images)),
        labels: await write(`labels${i}`, pack(labels)),
      });
      expect(set).toMatchObject({ count: 3, height: 2, width: 2, channels: 1, classNames: ['0', '1', '2'], skipped: [] });
      expect([...set.labels!]).toEqual([2, 0, 1]);
      expect([...(await set.read(1, 3))]).toEqual(pixels.slice(4));
      expect([...(await set.read(2, 2))]).toEqual([]);
      await expect(set.read(2, 4)).rejects.toThrow(/no such rows \(got 2 to 4\)/);
      await set.close();
    }
  });

  it('may have colours, class names, or no labels', async () => {
    const colour = await openImageSet({ kind: 'idx', images: await write('colour', idx([2, 1, 2, 3], pixels)) });
    expect(colour).toMatchObject({ count: 2, height: 1, width: 2, channels: 3, labels: null, classNames: [] });
    await colour.close();
    const named = await openImageSet({
      kind: 'idx',
      images: await write('i', images),
      labels: await write('l', labels),
      classNames: ['a', 'b', 'c'],
    });
    expect(named.classNames).toEqual(['a', 'b', 'c']);
    await named.close();
  });

  const refused = async (bytes: Uint8Array, message: string, labelBytes?: Uint8Array, classNames?: string[]) => {
    const description = {
      kind: 'idx' as const,
      images: await write('bad', bytes),
      ...(labelBytes && { labels: await write('badLabels', labelBytes) }),
      ...(classNames && { classNames }),
    };
    await expect(openImageSet(description)).rejects.toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  };

  it('is refused where the file is no IDX file of bytes', async () => {
    await refused(new Uint8Array(), 'bad: not an IDX file (got first bytes )');
    await refused(Buffer.from('PNG...'), 'bad: not an IDX file (got first bytes 504e472e)');
    await refused(idx([3, 2, 2], pixels, 0x0d), 'its values are no unsigned bytes (got type 0x0d); accepted: type 0x08');
    await refused(labels, 'wrong number of dimensions (got 1); accepted: 3 or 4');
  });

  it('is refused where it was cut off or lies about its size', async () => {
    await refused(images.subarray(0, 9), 'ends inside its header (got 9 bytes); accepted: at least 16 bytes');
    await refused(images.subarray(0, 20), 'its length does not fit its dimensions 3 × 2 × 2 (got 20 bytes); accepted: 28 bytes');
    await refused(Buffer.concat([images, Buffer.from([1])]), '(got 29 bytes); accepted: 28 bytes');
    await refused(idx([0xffffffff, 0xffffffff, 2], []), 'its length does not fit its dimensions');
    await refused(gzipSync(images).subarray(0, 20), 'unexpected end of file; accepted: a complete gzip file');
  });

  it('is refused where it holds no images', async () => {
    await refused(idx([0, 2, 2], []), 'holds no images (got 0 × 2 × 2)');
    await refused(idx([1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), 'holds no images (got 1 × 2 × 2 × 2)');
    await expect(openImageSet({ kind: 'idx', images: join(folder, 'nowhere') })).rejects.toThrow(/nowhere: no such file/);
  });

  it('is refused where labels are not as many as images, or have no name', async () => {
    await refused(images, 'badLabels: not as many labels as images (got 2); accepted: 3 labels, one per image', idx([2], [0, 1]));
    await refused(images, 'badLabels: label 0 is no class index (got 2); accepted: an integer from 0 to 1, one per class name', labels, ['a', 'b']);
    await refused(images, 'wrong number of dimensions (got 3); accepted: 1', images);
  });

  it('of a kind that there is not is refused', async () => {
    await expect(openImageSet({ kind: 'zip' } as never)).rejects.toThrow(
      'kind: unknown kind of image set (got zip); accepted: idx, folder or arrays',
    );
  });
});

const fashion = join(__dirname, '../../../models/fashion/images');
describe('the demo images', () => {
  it('are 10,000 and 6,000, of ten classes with as many images each', async () => {
    for (const [split, count] of [
      ['t10k', 10_000],
      ['train6k', 6_000],
    ] as const) {
      const set = await openImageSet({
        kind: 'idx',
        images: join(fashion, `${split}-images-idx3-ubyte.gz`),
        labels: join(fashion, `${split}-labels-idx1-ubyte.gz`),
      });
      expect(set).toMatchObject({ count, height: 28, width: 28, channels: 1 });
      const perClass = set.classNames.map((_, label) => set.labels!.filter((value) => value === label).length);
      expect(perClass).toEqual(Array(10).fill(count / 10));
      expect(await set.read(0, 2)).toHaveLength(2 * 28 * 28);
      await set.close();
    }
  });
});
