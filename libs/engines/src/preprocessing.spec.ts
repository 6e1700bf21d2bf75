import { addNoise, type GaussianSource } from './noise.js';
import { checkImages } from './fit-images.js';
import { checkPreprocessing, preprocess, type Preprocessing } from './preprocessing.js';

const rgb: Preprocessing = {
  channels: 3,
  height: 1,
  width: 2,
  scale: 1 / 255,
  mean: [0.5, 0.25, 0],
  standardDeviation: [0.5, 0.25, 1],
  channelOrder: 'RGB',
};
const gray: Preprocessing = { channels: 1, height: 2, width: 2, scale: 1 / 255, mean: [0], standardDeviation: [1], channelOrder: 'GRAY' };
const pixels = Uint8Array.from([0, 51, 102, 153, 204, 255]);
const counting: GaussianSource = { fillGaussian: (out) => out.forEach((_, i) => (out[i] = i + 1)) };
const rounded = (values: Iterable<number>) => [...values].map((value) => Math.round(value * 1e6) / 1e6);

describe('preprocessing', () => {
  it('turns rows of pixels into planes of channels and normalises each', () => {
    expect(rounded(preprocess(pixels, 1, rgb))).toEqual([-1, 0.2, -0.2, 2.2, 0.4, 1]);
  });

  it('reads the channels backwards for BGR; mean and deviation stay those of the network', () => {
    const bgr: Preprocessing = { ...rgb, scale: 1, mean: [100, 0, 0], standardDeviation: [1, 1, 2], channelOrder: 'BGR' };
    expect([...preprocess(pixels, 1, bgr)]).toEqual([2, 155, 51, 204, 0, 76.5]);
  });

  it('takes each image for itself and writes where it is told', () => {
    const out = new Float32Array(8);
    const both = Uint8Array.from([0, 255, 0, 255, 255, 0, 255, 0]);
    expect(preprocess(both, 2, gray, out)).toBe(out);
    expect([...out]).toEqual([0, 1, 0, 1, 1, 0, 1, 0]);
    expect([...preprocess(both.subarray(4), 1, gray)]).toEqual([...out.subarray(4)]);
  });

  it('takes float pixels too', () => {
    expect([...preprocess(Float32Array.from([0, 127.5, 255, 51]), 1, gray)]).toEqual([0, 0.5, 1, Math.fround(0.2)]);
  });

  it('refuses arrays of another length', () => {
    expect(() => preprocess(pixels, 2, rgb)).toThrow('pixels: wrong number of values (got 6); accepted: 2 × 1 × 2 pixels of 3 channels = 12 values');
    expect(() => preprocess(pixels, 1, rgb, new Float32Array(5))).toThrow('out: wrong length (got 5)');
  });

  it('refuses images of another shape, naming both', () => {
    expect(() => checkImages({ channels: 1, height: 28, width: 28 }, rgb)).toThrow(
      'images: not of the shape that the network reads (got 28 × 28 pixels of 1 channel); accepted: 1 × 2 pixels of 3 channels',
    );
    expect(() => checkImages({ channels: 3, height: 1, width: 2 }, rgb)).not.toThrow();
  });

  it('is checked by itself and against the network', () => {
    const wrong = (change: object, message: string) => expect(() => checkPreprocessing({ ...rgb, ...change }, rgb)).toThrow(message);
    expect(() => checkPreprocessing(rgb, rgb)).not.toThrow();
    wrong({ channelOrder: 'CMYK' }, 'preprocessing.channelOrder: unknown (got CMYK); accepted: GRAY, RGB or BGR');
    wrong({ channelOrder: 'GRAY' }, 'preprocessing.channels: not those of GRAY (got 3); accepted: 1');
    wrong({ scale: 0 }, 'preprocessing.scale: out of range');
    wrong({ mean: [0.5] }, 'preprocessing.mean: not one number per channel (got [0.5]); accepted: 3 finite numbers');
    wrong({ mean: [0, 0, NaN] }, 'preprocessing.mean');
    wrong({ standardDeviation: [1, 0, 1] }, 'preprocessing.standardDeviation: not one positive number per channel');
    wrong({ height: 5 }, 'preprocessing.shape: not what the network reads (got 5 × 2 pixels of 3 channels); accepted: 1 × 2 pixels of 3 channels');
  });
});

describe('noise', () => {
  it('is added to pixels in [0, 1] before normalisation and not clipped', () => {
    const noisy = addNoise(pixels, 1, rgb, { sigma: 0.1, source: counting });
    expect(rounded(noisy)).toEqual(
      rounded([(0 + 0.1 - 0.5) / 0.5, (0.6 + 0.2 - 0.5) / 0.5, (0.2 + 0.3 - 0.25) / 0.25, (0.8 + 0.4 - 0.25) / 0.25, 0.4 + 0.5, 1 + 0.6]),
    );
  });

  it('means the same for a network that reads pixels of 0 to 255', () => {
    const unscaled: Preprocessing = {
      ...rgb,
      scale: 1,
      mean: rgb.mean.map((m) => m * 255),
      standardDeviation: rgb.standardDeviation.map((s) => s * 255),
    };
    const noise = { sigma: 0.5, source: counting };
    expect(rounded(addNoise(pixels, 1, unscaled, noise))).toEqual(rounded(addNoise(pixels, 1, rgb, noise)));
  });

  it('of sigma 0 changes no bit', () => {
    expect(addNoise(pixels, 1, rgb, { sigma: 0, source: counting })).toEqual(preprocess(pixels, 1, rgb));
  });

  it('refuses a sigma that is none', () => {
    for (const sigma of [-1, NaN, Infinity]) expect(() => addNoise(pixels, 1, rgb, { sigma, source: counting })).toThrow('sigma: out of range');
    expect(() => addNoise(pixels, 2, rgb, { sigma: 1, source: counting })).toThrow('pixels: wrong number of values');
  });
});
