import { InputError } from '@fathom/errors';
import type { ImageInput } from './image-input.js';

/**
 * Images filled up with zeros to a whole batch, so that an image's activations never depend on how many others there are.
 *
 * @throws InputError where count or the length of images is out of range
 */
export function paddedImages({ channels, height, width }: ImageInput, batch: number, images: Float32Array, count: number): Float32Array {
  const size = channels * height * width;
  if (!Number.isInteger(count) || count < 1 || count > batch) {
    throw new InputError({ field: 'count', problem: 'out of range', value: count, accepted: `1 to ${batch} images` });
  }
  if (images.length !== count * size) {
    const accepted = `${count} × ${channels} × ${height} × ${width} = ${count * size} values`;
    throw new InputError({ field: 'images', problem: 'wrong number of values', value: images.length, accepted });
  }
  if (count === batch) return images;
  const padded = new Float32Array(batch * size);
  padded.set(images);
  return padded;
}
