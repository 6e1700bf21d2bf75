import { InputError } from '@fathom/errors';
import { checkRowRange } from '@fathom/tensors';
import { classLabels } from './class-labels.js';
import { fingerprintFiles } from './fingerprint.js';
import { openIdxFile } from './idx-file.js';
import type { ImageLimits } from './image-limits.js';
import type { ImageSource } from './image-source.js';

/** Images and labels in IDX files, plain or with gzip. */
export interface IdxImages {
  readonly kind: 'idx';
  /** Path of unsigned bytes [n, H, W] or [n, H, W, 3]. */
  readonly images: string;
  /** Path of unsigned bytes [n]. @default no labels */
  readonly labels?: string;
  /** By index. @default the indices */
  readonly classNames?: readonly string[];
}

/** @throws InputError naming the file that is no such IDX file, or labels that are not as many as images */
export async function openIdx(description: IdxImages, limits: ImageLimits): Promise<ImageSource> {
  const fingerprint = await fingerprintFiles([description.images, description.labels]);
  const labelValues = description.labels === undefined ? undefined : await readLabels(description.labels, limits);
  const { shape, dataStart, bytes } = await openIdxFile(description.images, [3, 4], limits.unpackedBytes);
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  const size = height * width * channels;
  try {
    if (count === 0 || size === 0 || (channels !== 1 && channels !== 3)) {
      throw new InputError({
        field: description.images,
        problem: 'holds no images',
        value: shape.join(' × '),
        accepted: 'n × H × W, or n × H × W × 1 or 3, all above 0',
      });
    }
    const classes = classLabels(description.labels ?? description.images, labelValues, count, description.classNames);
    return {
      name: description.images,
      count,
      height,
      width,
      channels,
      ...classes,
      skipped: [],
      fingerprint,
      read: async (start, end) => {
        checkRowRange(description.images, start, end, count);
        return bytes.read(dataStart + start * size, (end - start) * size);
      },
      close: () => bytes.close(),
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function readLabels(path: string, limits: ImageLimits): Promise<Uint8Array> {
  const { bytes, dataStart } = await openIdxFile(path, [1], Math.min(limits.unpackedBytes, limits.images + 8));
  try {
    return (await bytes.read(dataStart, bytes.size - dataStart)).slice();
  } finally {
    await bytes.close();
  }
}
