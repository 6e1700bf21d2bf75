import { InputError } from '@fathom/errors';

/** What the network's channels mean. Images are stored as GRAY (1 channel) or RGB (3). */
export type ChannelOrder = 'GRAY' | 'RGB' | 'BGR';

/** How images come to another size: to one that is given, or to a shorter side, the other in proportion and rounded down. */
export type Resize = { readonly interpolation: 'NEAREST' | 'BILINEAR' } & (
  { readonly height: number; readonly width: number } | { readonly shorterSide: number }
);

/** How stored pixels become what the network reads: resized, cropped, and (pixel · scale − mean) / standardDeviation, channel by channel. */
export interface Preprocessing {
  readonly channels: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** Factor on pixels of 0 to 255, above 0. Often 1/255. */
  readonly scale: number;
  /** One per channel of the network, in units of pixel · scale. */
  readonly mean: readonly number[];
  /** One per channel of the network, above 0, in units of pixel · scale. */
  readonly standardDeviation: readonly number[];
  readonly channelOrder: ChannelOrder;
  /** @default images stay as they are */
  readonly resize?: Resize;
  /** Whether the middle height × width is taken of what is larger, after resizing. @default false */
  readonly centreCrop?: boolean;
}

/** Size of images, or of what a network reads. */
export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

const MOST_SIDE = 4096;

const CHANNELS: Readonly<Record<ChannelOrder, number>> = { GRAY: 1, RGB: 3, BGR: 3 };

/**
 * Checks a preprocessing by itself and against the network that it feeds.
 *
 * @throws InputError naming the field that is wrong
 */
export function checkPreprocessing(p: Preprocessing, network: ImageShape): void {
  const fail = (field: string, problem: string, value: unknown, accepted: string) => {
    throw new InputError({ field: `preprocessing.${field}`, problem, value, accepted });
  };
  if (!Object.hasOwn(CHANNELS, p.channelOrder)) fail('channelOrder', 'unknown', p.channelOrder, 'GRAY, RGB or BGR');
  if (p.channels !== CHANNELS[p.channelOrder]) fail('channels', `not those of ${p.channelOrder}`, p.channels, String(CHANNELS[p.channelOrder]));
  if (!Number.isFinite(p.scale) || p.scale <= 0) fail('scale', 'out of range', p.scale, 'a number above 0, such as 1/255');
  if (p.mean.length !== p.channels || !p.mean.every(Number.isFinite))
    fail('mean', 'not one number per channel', p.mean, `${p.channels} finite numbers`);
  if (p.standardDeviation.length !== p.channels || !p.standardDeviation.every((value) => Number.isFinite(value) && value > 0)) {
    fail('standardDeviation', 'not one positive number per channel', p.standardDeviation, `${p.channels} numbers above 0`);
  }
  const sides = p.resize && ('shorterSide' in p.resize ? [p.resize.shorterSide] : [p.resize.height, p.resize.width]);
  if (sides && !sides.every((side) => Number.isInteger(side) && side >= 1 && side <= MOST_SIDE))
    fail('resize', 'out of range', sides, `whole numbers from 1 to ${MOST_SIDE}`);
  if (!isSameShape(p, network)) fail('shape', 'not what the network reads', shapeText(p), shapeText(network));
}

/**
 * Turns stored pixels into the network's input.
 *
 * @param pixels count × height × width × channels, GRAY or RGB, 0 to 255
 * @param out where to write; @default a new array
 * @returns count × channels × height × width: (pixel · scale − mean) / standardDeviation, computed in float64 and rounded once
 * @throws InputError where the number of pixels or the length of out is wrong
 */
export function preprocess(pixels: Uint8Array | Float32Array, count: number, p: Preprocessing, out = new Float32Array(pixels.length)): Float32Array {
  checkLengths(pixels, count, p, out);
  const space = p.height * p.width;
  for (let channel = 0; channel < p.channels; channel += 1) {
    const stored = storedChannel(p, channel);
    const mean = p.mean[channel]!;
    const deviation = p.standardDeviation[channel]!;
    for (let image = 0; image < count; image += 1) {
      const from = image * space * p.channels + stored;
      const to = (image * p.channels + channel) * space;
      for (let i = 0; i < space; i += 1) out[to + i] = (pixels[from + i * p.channels]! * p.scale - mean) / deviation;
    }
  }
  return out;
}

/** @throws InputError where arrays do not hold `count` images */
export function checkLengths(pixels: ArrayLike<number>, count: number, p: Preprocessing, out: ArrayLike<number>): void {
  const expected = count * p.channels * p.height * p.width;
  const accepted = `${count} × ${shapeText(p)} = ${expected} values`;
  if (pixels.length !== expected) throw new InputError({ field: 'pixels', problem: 'wrong number of values', value: pixels.length, accepted });
  if (out.length !== expected) throw new InputError({ field: 'out', problem: 'wrong length', value: out.length, accepted });
}

/** Where a channel of the network lies in a stored pixel. */
export function storedChannel(p: Preprocessing, channel: number): number {
  return p.channelOrder === 'BGR' ? p.channels - 1 - channel : channel;
}

function isSameShape(a: ImageShape, b: ImageShape): boolean {
  return a.channels === b.channels && a.height === b.height && a.width === b.width;
}

/** A shape in words. */
export function shapeText({ channels, height, width }: ImageShape): string {
  return `${height} × ${width} pixels of ${channels} ${channels === 1 ? 'channel' : 'channels'}`;
}
