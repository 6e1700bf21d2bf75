import { InputError } from '@fathom/errors';
import { checkRowRange, fileBytes, openNpy, openSafetensors, toFloat64, type DType, type RowSource, type Tensor } from '@fathom/tensors';
import { classLabels } from './class-labels.js';
import { fingerprintFiles } from './fingerprint.js';
import { atMost, type ImageLimits } from './image-limits.js';
import type { ImageSource } from './image-source.js';

/** A tensor in a file. */
export interface ArrayLocation {
  /** Path of an npy or safetensors file. */
  readonly file: string;
  /** Which tensor of a safetensors file. @default its only one */
  readonly tensor?: string;
}

/** Images and labels in npy or safetensors files. */
export interface ArrayImages {
  readonly kind: 'arrays';
  /** Unsigned bytes [n, H, W], [n, H, W, 1] or [n, H, W, 3], gray or RGB, 0 to 255. */
  readonly images: ArrayLocation;
  /** Integers [n]. @default no labels */
  readonly labels?: ArrayLocation;
  /** By index. @default the indices */
  readonly classNames?: readonly string[];
}

interface OpenArray {
  /** File and tensor, for errors. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  rows(): RowSource;
  tensor(): Promise<Tensor>;
  close(): Promise<void>;
}

const INTEGERS: readonly DType[] = ['U8', 'I8', 'I16', 'I32', 'I64'];

/**
 * Floating-point images are refused: whether they run to 1 or to 255, or are normalised already, cannot be told.
 *
 * @throws InputError naming the tensor that is no such array, or labels that are not as many as images
 */
export async function openArrays(description: ArrayImages, limits: ImageLimits): Promise<ImageSource> {
  const fingerprint = await fingerprintFiles([description.images.file, description.labels?.file]);
  const labelValues = description.labels === undefined ? undefined : await readLabels(description.labels, limits);
  const array = await openArray(description.images, limits);
  try {
    const { count, height, width, channels } = imageShape(array);
    const classes = classLabels(description.labels?.file ?? array.name, labelValues, count, description.classNames);
    const rows = array.rows();
    return {
      name: array.name,
      count,
      height,
      width,
      channels,
      ...classes,
      skipped: [],
      fingerprint,
      read: async (start, end) => {
        checkRowRange(array.name, start, end, count);
        return Uint8Array.from(await rows.read(start, end));
      },
      close: () => array.close(),
    };
  } catch (error) {
    await array.close();
    throw error;
  }
}

function imageShape({ name, dtype, shape }: OpenArray): { count: number; height: number; width: number; channels: number } {
  if (dtype !== 'U8') {
    throw new InputError({
      field: name,
      problem: 'images must be unsigned bytes, as their range is then known',
      value: dtype,
      accepted: 'U8 (uint8), 0 to 255; scale others to that and round',
    });
  }
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || shape.includes(0) || (channels !== 1 && channels !== 3)) {
    throw new InputError({
      field: name,
      problem: 'not the shape of images',
      value: `[${shape.join(', ')}]`,
      accepted: '[n, H, W], [n, H, W, 1] or [n, H, W, 3], all above 0, channels last',
    });
  }
  return { count, height, width, channels };
}

async function readLabels(location: ArrayLocation, limits: ImageLimits): Promise<Float64Array> {
  const array = await openArray(location, { ...limits, tensorElements: Math.min(limits.tensorElements, limits.images) });
  try {
    if (!INTEGERS.includes(array.dtype) || array.shape.length !== 1) {
      throw new InputError({
        field: array.name,
        problem: 'labels must be one integer per image',
        value: `${array.dtype} [${array.shape.join(', ')}]`,
        accepted: `${INTEGERS.join(', ')} [n]`,
      });
    }
    return toFloat64(await array.tensor());
  } finally {
    await array.close();
  }
}

async function openArray(location: ArrayLocation, limits: ImageLimits): Promise<OpenArray> {
  const array = await openAny(location);
  try {
    atMost(array.name, 'too many dimensions', array.shape.length, limits.tensorDimensions, 'dimensions');
    atMost(
      array.name,
      'too large',
      array.shape.reduce((product, size) => product * size, 1),
      limits.tensorElements,
      'elements',
    );
    return array;
  } catch (error) {
    await array.close();
    throw error;
  }
}

async function openAny({ file, tensor }: ArrayLocation): Promise<OpenArray> {
  const source = await fileBytes(file);
  // The two formats cannot be confused: a safetensors header of that length would be larger than is accepted.
  const isNpy = source.size >= 6 && Buffer.from(await source.read(0, 6)).toString('latin1') === '\x93NUMPY';
  if (isNpy) {
    const npy = await openNpy(source);
    return { name: file, ...npy.info, rows: () => npy.rows(), tensor: () => npy.tensor(), close: () => npy.close() };
  }
  const opened = await openSafetensors(source);
  try {
    const name = tensor ?? (opened.names.length === 1 ? opened.names[0]! : undefined);
    if (name === undefined) {
      throw new InputError({
        field: file,
        problem: 'does not hold exactly one tensor, so it must be named',
        value: `${opened.names.length} tensors`,
        accepted: opened.names.join(', ') || 'a file with tensors',
      });
    }
    return {
      name: `${file}: ${name}`,
      ...opened.info(name),
      rows: () => opened.rows(name),
      tensor: () => opened.tensor(name),
      close: () => opened.close(),
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
