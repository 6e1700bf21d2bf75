import { InputError } from '@fathom/errors';
import type { ImageSource } from './image-source.js';

/** How large image sets may be. */
export interface ImageLimits {
  /** Images of a set. @default 10,000,000 */
  readonly images: number;
  /** Classes of a set. @default 100,000 */
  readonly classes: number;
  /** Pixels of an image, as stored and as resized. @default 100,000,000 */
  readonly imagePixels: number;
  /** Bytes of a PNG or JPEG file. @default 268,435,456 */
  readonly imageFileBytes: number;
  /** Bytes that a compressed IDX file has unpacked; they are held in memory. @default 1,073,741,824 */
  readonly unpackedBytes: number;
  /** Dimensions of a tensor in a file of arrays. @default 8 */
  readonly tensorDimensions: number;
  /** Elements of a tensor, and of all images together. @default 1,099,511,627,776 */
  readonly tensorElements: number;
}

/** The defaults of {@link ImageLimits}. */
export const IMAGE_LIMITS: ImageLimits = {
  images: 10_000_000,
  classes: 100_000,
  imagePixels: 100_000_000,
  imageFileBytes: 2 ** 28,
  unpackedBytes: 2 ** 30,
  tensorDimensions: 8,
  tensorElements: 2 ** 40,
};

/** Refuses an opened image set that is larger than the limits, and closes it. */
export async function withinLimits(source: ImageSource, limits: ImageLimits): Promise<ImageSource> {
  const { name, count, height, width, channels, classNames } = source;
  try {
    atMost(name, 'too many images', count, limits.images, 'images');
    atMost(name, 'too many classes', classNames.length, limits.classes, 'classes');
    atMost(name, 'its images are too large', height * width, limits.imagePixels, 'pixels an image');
    atMost(name, 'too large in all', count * height * width * channels, limits.tensorElements, 'elements');
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Refuses more of something than is allowed. */
export function atMost(field: string, problem: string, value: number, most: number, unit: string): void {
  if (value > most) throw new InputError({ field, problem, value: `${value} ${unit}`, accepted: `at most ${most} ${unit}` });
}
