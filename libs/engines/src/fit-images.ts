import { InputError } from '@fathom/errors';
import { shapeText, type ImageShape, type Preprocessing, type Resize } from './preprocessing.js';

/** Which stored pixels make one of the resized ones, and how much of each; along one side. */
interface Mixture {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Checks that an image set is what a preprocessing takes, after resizing and cropping where it does so.
 *
 * @throws InputError naming both shapes
 */
export function checkImages(images: ImageShape, p: Preprocessing): void {
  const { height, width } = resizedSize(images, p.resize);
  const fits = p.centreCrop ? height >= p.height && width >= p.width : height === p.height && width === p.width;
  if (images.channels === p.channels && fits) return;
  const is = p.resize ? 'not, once resized, of the shape that the network reads' : 'not of the shape that the network reads';
  const accepted = p.centreCrop ? `at least ${shapeText(p)}` : shapeText(p);
  throw new InputError({ field: 'images', problem: is, value: shapeText({ ...images, height, width }), accepted });
}

/**
 * Resizes and crops stored pixels as a preprocessing says. Where it says nothing they are returned as they are. Both sides are resized
 * one after the other, the width first, in float64, and rounded once.
 *
 * @param pixels count × height × width × channels of `images`
 * @returns count × height × width × channels of the preprocessing, 0 to 255
 */
export function fitImages(pixels: Float32Array, count: number, images: ImageShape, p: Preprocessing): Float32Array {
  const size = resizedSize(images, p.resize);
  if (!p.resize && size.height === p.height && size.width === p.width) return pixels;
  const interpolation = p.resize?.interpolation ?? 'NEAREST';
  const rows = mixtures(images.height, size.height, p.height, interpolation);
  const columns = mixtures(images.width, size.width, p.width, interpolation);
  const { channels } = p;
  const out = new Float32Array(count * p.height * p.width * channels);
  const narrow = new Float64Array(images.height * p.width * channels);
  for (let image = 0; image < count; image++) {
    const from = image * images.height * images.width * channels;
    for (let y = 0; y < images.height; y++)
      mixed(pixels, from + y * images.width * channels, channels, columns, narrow, y * p.width * channels, channels, channels);
    const rowLength = p.width * channels;
    mixed(narrow, 0, rowLength, rows, out, image * p.height * rowLength, rowLength, rowLength);
  }
  return out;
}

/** For each place i: out[outAt + i · outStep + j] = Σ weight · from[at + pixel · step + j], for j below `length`. */
function mixed(
  from: Float32Array | Float64Array,
  at: number,
  step: number,
  places: readonly Mixture[],
  out: Float32Array | Float64Array,
  outAt: number,
  outStep: number,
  length: number,
): void {
  for (let i = 0; i < places.length; i++) {
    const { first, weights } = places[i]!;
    for (let j = 0; j < length; j++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * from[at + (first + k) * step + j]!;
      out[outAt + i * outStep + j] = sum;
    }
  }
}

/** Height and width after resizing. */
function resizedSize({ height, width }: ImageShape, resize: Resize | undefined): { height: number; width: number } {
  if (!resize) return { height, width };
  if (!('shorterSide' in resize)) return { height: resize.height, width: resize.width };
  const { shorterSide } = resize;
  return height <= width
    ? { height: shorterSide, width: Math.floor((shorterSide * width) / height) }
    : { height: Math.floor((shorterSide * height) / width), width: shorterSide };
}

/** What the middle `kept` of `resized` places of a side of `stored` pixels are made of. */
function mixtures(stored: number, resized: number, kept: number, interpolation: Resize['interpolation']): Mixture[] {
  const first = Math.floor((resized - kept) / 2);
  const make = interpolation === 'NEAREST' ? nearest : bilinear;
  return Array.from({ length: kept }, (_, i) => make(first + i, stored, stored / resized));
}

function nearest(place: number, stored: number, scale: number): Mixture {
  return { first: Math.min(stored - 1, Math.floor((place + 0.5) * scale)), weights: [1] };
}

/** A triangle around the middle of the place, as wide as two stored pixels or, where the image becomes smaller, two resized ones. */
function bilinear(place: number, stored: number, scale: number): Mixture {
  const reach = Math.max(1, scale);
  const centre = (place + 0.5) * scale;
  const first = Math.max(0, Math.floor(centre - reach + 0.5));
  const end = Math.min(stored, Math.floor(centre + reach + 0.5));
  const heights = Array.from({ length: end - first }, (_, k) => Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach));
  const sum = heights.reduce((total, height) => total + height, 0);
  return { first, weights: heights.map((height) => height / sum) };
}
