import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkImages, fitImages } from './fit-images.js';
import { checkPreprocessing, type Preprocessing } from './preprocessing.js';

interface Case {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly pixels: number[];
  readonly bilinear: number[];
  readonly nearest: number[];
}
const { cases } = JSON.parse(readFileSync(resolve(__dirname, '../fixtures/resize.json'), 'utf8')) as { cases: Case[] };

/** A preprocessing as far as the fit goes; two channels, as the cases have. */
const to = (height: number, width: number, rest: Partial<Preprocessing> = {}): Preprocessing => ({
  ...{ channels: 2, height, width, scale: 1, mean: [0, 0], standardDeviation: [1, 1], channelOrder: 'GRAY' },
  ...rest,
});
const counted = (height: number, width: number) => ({ height, width, channels: 1 });
const gray = (height: number, width: number, rest: Partial<Preprocessing>): Preprocessing => ({ ...to(height, width, rest), channels: 1 });

describe('images that are resized', () => {
  it.each(cases)('from $from to $to are those of PyTorch, each by itself', ({ from, to: size, pixels, ...wanted }) => {
    const [height, width] = from;
    const shape = { height, width, channels: 2 };
    const twice = Float32Array.from([...pixels.map((value) => 255 - value), ...pixels]);
    for (const interpolation of ['NEAREST', 'BILINEAR'] as const) {
      const p = to(size[0], size[1], { resize: { height: size[0], width: size[1], interpolation } });
      const expected = wanted[interpolation === 'NEAREST' ? 'nearest' : 'bilinear'];
      const found = fitImages(twice, 2, shape, p);
      expect(found).toHaveLength(2 * expected.length);
      expected.forEach((value, i) => {
        expect(Math.abs(found[expected.length + i]! - value)).toBeLessThan(2e-5);
        expect(Math.abs(found[i]! - (255 - value))).toBeLessThan(2e-5);
      });
    }
  });

  it('by their shorter side keep their proportions, rounded down, and lose what is over on both sides', () => {
    const wide = Float32Array.from({ length: 2 * 7 }, (_, i) => i);
    const resize = { shorterSide: 2, interpolation: 'BILINEAR' } as const;
    expect([...fitImages(wide, 1, counted(2, 7), gray(2, 2, { resize, centreCrop: true }))]).toEqual([2, 3, 9, 10]);
    const tall = fitImages(wide, 1, counted(7, 2), gray(2, 2, { resize, centreCrop: true }));
    expect([...tall]).toEqual([4, 5, 6, 7]);
    expect(() => checkImages(counted(4, 7), gray(2, 3, { resize }))).not.toThrow();
    expect(() => checkImages(counted(7, 4), gray(3, 2, { resize }))).not.toThrow();
  });

  it('that fit already, or are not to be changed, are the same pixels', () => {
    const pixels = Float32Array.of(1, 2, 3, 4);
    expect(fitImages(pixels, 1, counted(2, 2), gray(2, 2, {}))).toBe(pixels);
    expect(fitImages(pixels, 1, counted(2, 2), gray(2, 2, { centreCrop: true }))).toBe(pixels);
    expect(fitImages(pixels, 1, counted(1, 4), gray(1, 2, { centreCrop: true }))).toEqual(Float32Array.of(2, 3));
  });

  it('must have the right shape afterwards', () => {
    const resize = { shorterSide: 2, interpolation: 'NEAREST' } as const;
    expect(() => checkImages(counted(4, 8), gray(2, 3, { resize }))).toThrow(
      'images: not, once resized, of the shape that the network reads (got 2 × 4 pixels of 1 channel); accepted: 2 × 3 pixels of 1 channel',
    );
    expect(() => checkImages(counted(4, 8), gray(2, 3, { resize, centreCrop: true }))).not.toThrow();
    expect(() => checkImages(counted(4, 8), gray(3, 3, { resize, centreCrop: true }))).toThrow('accepted: at least 3 × 3 pixels of 1 channel');
    expect(() => checkImages(counted(4, 8), to(2, 3, { resize, centreCrop: true }))).toThrow('of 2 channels');
    const fits = gray(2, 3, { resize: { shorterSide: 0, interpolation: 'NEAREST' } });
    expect(() => checkPreprocessing({ ...fits, mean: [0], standardDeviation: [1] }, fits)).toThrow(
      'preprocessing.resize: out of range (got [0]); accepted: whole numbers from 1 to 4096',
    );
  });
});
