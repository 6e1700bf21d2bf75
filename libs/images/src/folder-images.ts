import { join } from 'node:path';
import { InputError } from '@fathom/errors';
import { checkRowRange } from '@fathom/tensors';
import { emptyClass, listClassFolder, type ClassFile } from './class-folder.js';
import { fingerprintClassFiles } from './fingerprint.js';
import { decodeImage, imageSize, type Decoding, type ImageSize, type Resize } from './image-file.js';
import { atMost, type ImageLimits } from './image-limits.js';
import type { ImageSource } from './image-source.js';
import { inOrder } from './in-order.js';

/** PNG and JPEG images in a folder with one sub-folder per class. */
export interface FolderImages {
  readonly kind: 'folder';
  /** Path of the folder. */
  readonly root: string;
  /** 1: decode to gray; 3: to RGB. */
  readonly channels: 1 | 3;
  /** Needed where images have several sizes. @default none: all images must have one size */
  readonly resize?: Resize;
  /** Leave out images that cannot be read, and list them; every image is then decoded once to find out. @default false */
  readonly skipBad?: boolean;
}

interface SizedFile {
  readonly file: ClassFile;
  readonly stored: ImageSize;
}

const LONGEST_SIDE = 65_535;

/**
 * Lists the images and reads their headers; pixels are decoded when asked for.
 *
 * @throws InputError naming the file or folder: see {@link listClassFolder}; an unreadable image; two images of
 *   different size where no resize rule is given
 */
export async function openClassFolder(description: FolderImages, limits: ImageLimits): Promise<ImageSource> {
  const decoding = checkOptions(description, limits);
  const { classNames, files } = await listClassFolder(description.root);
  atMost(description.root, 'too many images', files.length, limits.images, 'images');
  const fingerprint = await fingerprintClassFiles(files);
  const shown = (file: ClassFile) => join(description.root, file.name);
  const looked = await inOrder(files, (file) =>
    description.skipBad === true ? sizeIfReadable(file, shown(file), decoding) : sized(file, shown(file), decoding),
  );
  const good = looked.filter((found) => found !== undefined);
  const kept = new Set(good.map(({ file }) => file));
  classNames.forEach((className, label) => {
    if (!good.some(({ file }) => file.label === label)) throw emptyClass(join(description.root, className));
  });
  const { width, height } = decoding.resize ?? oneSize(good, shown);
  return {
    name: description.root,
    count: good.length,
    height,
    width,
    channels: decoding.channels,
    classNames,
    labels: Int32Array.from(good, ({ file }) => file.label),
    skipped: files.filter((file) => !kept.has(file)).map(({ name }) => name),
    fingerprint,
    read: async (start, end) => {
      checkRowRange(description.root, start, end, good.length);
      const size = width * height * decoding.channels;
      const pixels = new Uint8Array((end - start) * size);
      const places = good.slice(start, end).map(({ file }, index) => ({ file, index }));
      await inOrder(places, async ({ file, index }) => {
        pixels.set(await decodeImage(file.path, shown(file), { width, height }, decoding), index * size);
      });
      return pixels;
    },
    close: () => Promise.resolve(),
  };
}

async function sized(file: ClassFile, shown: string, decoding: Decoding): Promise<SizedFile> {
  return { file, stored: await imageSize(file.path, shown, decoding) };
}

async function sizeIfReadable(file: ClassFile, shown: string, decoding: Decoding): Promise<SizedFile | undefined> {
  try {
    const found = await sized(file, shown, decoding);
    await decodeImage(file.path, shown, decoding.resize ?? found.stored, decoding);
    return found;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function oneSize(files: readonly SizedFile[], shown: (file: ClassFile) => string): ImageSize {
  const first = files[0]!;
  const other = files.find(({ stored }) => stored.width !== first.stored.width || stored.height !== first.stored.height);
  if (other === undefined) return first.stored;
  const text = ({ file, stored }: SizedFile) => `${shown(file)} is ${stored.width} × ${stored.height}`;
  throw new InputError({
    field: 'resize',
    problem: `images of several sizes: ${text(first)}, ${text(other)}`,
    accepted: 'images of one size, or a resize rule { width, height, fit }',
  });
}

function checkOptions({ channels, resize }: FolderImages, { imagePixels: maxPixels, imageFileBytes: maxBytes }: ImageLimits): Decoding {
  const isSide = (value: number) => Number.isInteger(value) && value >= 1 && value <= LONGEST_SIDE;
  if (channels !== 1 && channels !== 3)
    throw new InputError({ field: 'channels', problem: 'unknown', value: channels, accepted: '1 (gray) or 3 (RGB)' });
  if (resize !== undefined && (!isSide(resize.width) || !isSide(resize.height) || !['fill', 'cover', 'contain'].includes(resize.fit))) {
    throw new InputError({
      field: 'resize',
      problem: 'no resize rule',
      value: resize,
      accepted: `width and height from 1 to ${LONGEST_SIDE}; fit: fill, cover or contain`,
    });
  }
  if (resize !== undefined && resize.width * resize.height > maxPixels) {
    throw new InputError({
      field: 'resize',
      problem: 'too large',
      value: `${resize.width} × ${resize.height} pixels`,
      accepted: `at most ${maxPixels} pixels`,
    });
  }
  return { channels, resize, maxPixels, maxBytes };
}
