import { open, readFile } from 'node:fs/promises';
import { InputError } from '@fathom/errors';
import sharp from 'sharp';
import { atMost } from './image-limits.js';

/** How images of other sizes are brought to one. */
export interface Resize {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** fill: stretch; cover: scale and cut off what is over, evenly; contain: scale and fill up with black. */
  readonly fit: 'fill' | 'cover' | 'contain';
}

/** How an image file is decoded. */
export interface Decoding {
  /** 1: gray, as (19595 R + 38470 G + 7471 B + 32768) >> 16, which is ITU-R 601 luma; 3: RGB. */
  readonly channels: 1 | 3;
  readonly resize: Resize | undefined;
  /** Most pixels of a stored image. */
  readonly maxPixels: number;
  /** Most bytes of its file. */
  readonly maxBytes: number;
}

export interface ImageSize {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const ACCEPTED = 'a complete PNG or JPEG image';

/**
 * Reads the size of an image from its header, before any rotation that its metadata may ask for.
 *
 * @param shown what to call the file in errors
 * @throws InputError where it is no PNG or JPEG, its header cannot be read, or it has too many bytes or pixels
 */
export async function imageSize(path: string, shown: string, { maxPixels, maxBytes }: Pick<Decoding, 'maxPixels' | 'maxBytes'>): Promise<ImageSize> {
  checkSignature(await firstBytes(path, shown, maxBytes), shown);
  const { width, height } = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw unreadable(shown, cause);
    });
  if (width * height > maxPixels) {
    throw new InputError({ field: shown, problem: 'too large', value: `${width} × ${height} pixels`, accepted: `at most ${maxPixels} pixels` });
  }
  return { width, height };
}

/**
 * Decodes an image to height × width × channels bytes. Transparency is dropped, colours are brought to sRGB, a rotation
 * in the metadata is not applied.
 *
 * @throws InputError where it cannot be decoded, to its end, to an image of this size
 */
export async function decodeImage(path: string, shown: string, size: ImageSize, decoding: Decoding): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(shown, cause);
  });
  checkSignature(bytes, shown);
  const { channels, resize, maxPixels, maxBytes } = decoding;
  atMost(shown, 'too large', bytes.length, maxBytes, 'bytes');
  // From bytes, not from the path: a path's pixels may come from a cache.
  let image = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels }).removeAlpha().toColourspace('srgb');
  if (resize !== undefined) image = image.resize({ ...resize, background: '#000', fastShrinkOnLoad: false });
  const { data, info } = await image
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw unreadable(shown, cause);
    });
  if (info.width !== size.width || info.height !== size.height || info.channels !== 3) {
    throw new InputError({
      field: shown,
      problem: 'changed while it was read',
      value: `${info.width} × ${info.height} pixels`,
      accepted: `${size.width} × ${size.height} pixels`,
    });
  }
  return channels === 3 ? data : luma(data);
}

function luma(rgb: Uint8Array): Uint8Array {
  const gray = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < gray.length; i += 1) {
    gray[i] = (19595 * rgb[3 * i]! + 38470 * rgb[3 * i + 1]! + 7471 * rgb[3 * i + 2]! + 32768) >> 16;
  }
  return gray;
}

async function firstBytes(path: string, shown: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(shown, cause);
  });
  try {
    atMost(shown, 'too large', (await file.stat()).size, maxBytes, 'bytes');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PNG.length), 0, PNG.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Other formats that the decoder knows (SVG among them) never reach it, whatever a file is called. */
function checkSignature(bytes: Buffer, shown: string): void {
  const start = bytes.subarray(0, PNG.length);
  if (start.equals(PNG) || start.subarray(0, JPEG.length).equals(JPEG)) return;
  const value = start.length === 0 ? 'an empty file' : `first bytes ${start.toString('hex')}`;
  throw new InputError({ field: shown, problem: 'neither PNG nor JPEG', value, accepted: ACCEPTED });
}

function unreadable(shown: string, cause: unknown): InputError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
  return new InputError({ field: shown, problem: `the image cannot be read: ${reason}`, accepted: ACCEPTED, cause });
}
