import { InputError } from '@fathom/errors';
import { checkLengths, storedChannel, type Preprocessing } from './preprocessing.js';

/** Where Gaussian numbers of mean 0 and deviation 1 come from; @fathom/exact's Prng is one. */
export interface GaussianSource {
  /** Fills the array in order. */
  fillGaussian(out: Float32Array): void;
}

const BRIGHTEST = 255;

/**
 * Turns stored pixels with Gaussian noise into the network's input (docs/measures.md §7): noise on pixels in [0, 1],
 * before normalisation, not clipped. Numbers are drawn image by image, channel by channel, row by row. Draws that shall
 * not depend on how images are batched need a source of their own for every image.
 *
 * @param pixels count × height × width × channels, GRAY or RGB, 0 to 255
 * @param sigma standard deviation of the noise, where 1 is the way from black to white; 0 or more
 * @param out where to write; @default a new array
 * @returns count × channels × height × width
 * @throws InputError where sigma, the number of pixels or the length of out is wrong
 */
export function addNoise(
  pixels: Uint8Array | Float32Array,
  count: number,
  p: Preprocessing,
  noise: { readonly sigma: number; readonly source: GaussianSource },
  out = new Float32Array(pixels.length),
): Float32Array {
  checkLengths(pixels, count, p, out);
  if (!Number.isFinite(noise.sigma) || noise.sigma < 0) {
    throw new InputError({ field: 'sigma', problem: 'out of range', value: noise.sigma, accepted: 'a finite number of at least 0' });
  }
  noise.source.fillGaussian(out);
  // Where scale is 1/255, pixel · scale is in [0, 1] and this is sigma itself.
  const amplitude = noise.sigma * BRIGHTEST * p.scale;
  const space = p.height * p.width;
  for (let image = 0; image < count; image += 1) {
    for (let channel = 0; channel < p.channels; channel += 1) {
      const from = image * space * p.channels + storedChannel(p, channel);
      const to = (image * p.channels + channel) * space;
      const mean = p.mean[channel]!;
      const deviation = p.standardDeviation[channel]!;
      for (let i = 0; i < space; i += 1) {
        out[to + i] = (pixels[from + i * p.channels]! * p.scale + amplitude * out[to + i]! - mean) / deviation;
      }
    }
  }
  return out;
}
