import { InputError, unwatched, type Control } from '@fathom/errors';
import { ExactSums } from '@fathom/exact';

import type { NoisyCodes } from './noisy-codes.js';
import { requireFinite } from './row-blocks.js';

/** How codes move when images are perturbed (docs/measures.md §7). Arrays hold one value a feature, k in all. */
export interface Sensitivity {
  /** Mean over strengths and images of Var_draws(z), divided by Var(z), ≥ 0; 0 where Var(z) = 0. */
  readonly sensitivity: Float64Array;
  /** The same, not divided: in squared units of the code. */
  readonly raw: Float64Array;
  /** Mean over strengths and images of max − min over the draws, not divided: in units of the code. */
  readonly range: Float64Array;
  /** `raw` of each strength alone, strengths × k, strength-major. */
  readonly rawPerStrength: Float64Array;
  /** `range` of each strength alone, strengths × k, strength-major. */
  readonly rangePerStrength: Float64Array;
}

/** All draws of some images at one strength of the perturbation. */
export interface DrawBlock {
  /** Index of the strength (of σ, for noise). */
  readonly strength: number;
  readonly draws: number;
  readonly images: number;
  /** draws × images × k, row-major. */
  readonly codes: Float64Array;
}

/**
 * The exact sums over images behind sensitivity, strengths × k of each kind. An image comes whole, with all of its draws; images may
 * come in any order and in blocks of any size, and statistics of different images may be merged: always the same bits. The variance
 * over the draws of one image is taken in their order, in two passes (divided by the number of draws), so a large mean costs no digits.
 */
export class SensitivityStatistic {
  private readonly images: Float64Array;
  private readonly variance: ExactSums;
  private readonly range: ExactSums;

  /** @param strengths number of strengths, ≥ 1. @param features k, ≥ 1. */
  constructor(
    readonly strengths: number,
    readonly features: number,
  ) {
    this.images = new Float64Array(strengths);
    this.variance = new ExactSums(strengths * features);
    this.range = new ExactSums(strengths * features);
  }

  /** Takes in all draws of some images at one strength. @throws InputError where the shape does not fit */
  update({ strength, draws, images, codes }: DrawBlock): void {
    const k = this.features;
    if (codes.length !== draws * images * k || draws < 1)
      throw new InputError({
        field: 'codes',
        problem: 'wrong number of values',
        value: codes.length,
        accepted: `draws × images × features = ${draws} × ${images} × ${k} values, draws ≥ 1`,
      });
    if (!Number.isInteger(strength) || strength < 0 || strength >= this.strengths)
      throw new InputError({ field: 'strength', problem: 'no such strength', value: strength, accepted: `an index below ${this.strengths}` });
    const width = images * k;
    const mean = new Float64Array(width);
    const low = codes.slice(0, width);
    const high = codes.slice(0, width);
    for (let t = 0; t < draws; t++)
      for (let i = 0; i < width; i++) {
        const value = codes[t * width + i]!;
        mean[i]! += value;
        if (value < low[i]!) low[i] = value;
        if (value > high[i]!) high[i] = value;
      }
    const squares = new Float64Array(width);
    for (let i = 0; i < width; i++) mean[i]! /= draws;
    for (let t = 0; t < draws; t++)
      for (let i = 0; i < width; i++) {
        const gap = codes[t * width + i]! - mean[i]!;
        squares[i]! += gap * gap;
      }
    for (let image = 0; image < images; image++)
      for (let j = 0; j < k; j++) {
        const i = image * k + j;
        if (high[i] === low[i]) continue; // rounding of the mean is no variance
        if (!(squares[i]! < Infinity))
          throw new InputError({
            field: `codes of feature ${j}`,
            problem: `vary too much at strength ${strength} for their variance to be summed`,
            value: high[i]! - low[i]!,
            accepted: 'a variance below 2^1024',
          });
        this.variance.add(strength * k + j, squares[i]! / draws);
        this.range.add(strength * k + j, high[i]! - low[i]!);
      }
    this.images[strength]! += images;
  }

  /** Adds the images of another statistic of the same shape. */
  merge(other: this): void {
    other.images.forEach((count, s) => (this.images[s]! += count));
    this.variance.merge(other.variance);
    this.range.merge(other.range);
  }

  /**
   * The measure over the images so far.
   * @param variance Var(z) of each feature over the unperturbed rows, k values
   * @throws InputError unless every strength saw the same number of images, at least 1
   */
  result(variance: ArrayLike<number>): Sensitivity {
    const k = this.features;
    if (variance.length !== k)
      throw new InputError({ field: 'variance', problem: 'wrong number of features', value: variance.length, accepted: `${k} values` });
    const images = this.images[0] ?? 0;
    this.images.forEach((count, s) => {
      if (count !== images || count === 0)
        throw new InputError({
          field: `strength ${s}`,
          problem: 'wrong number of images',
          value: count,
          accepted: `as many as strength 0 (${images}), at least 1`,
        });
    });
    const overStrengths = (sums: Float64Array) =>
      Float64Array.from({ length: k }, (_, j) => {
        let sum = 0;
        for (let s = 0; s < this.strengths; s++) sum += sums[s * k + j]!;
        return sum / (this.strengths * images);
      });
    const rounded = (sums: ExactSums): Float64Array => Float64Array.from({ length: sums.count }, (_, at) => sums.result(at));
    const [variances, ranges] = [rounded(this.variance), rounded(this.range)];
    const raw = overStrengths(variances);
    return {
      sensitivity: raw.map((value, j) => (variance[j]! > 0 ? value / variance[j]! : 0)),
      raw,
      range: overStrengths(ranges),
      rawPerStrength: variances.map((sum) => sum / images),
      rangePerStrength: ranges.map((sum) => sum / images),
    };
  }
}

/** At most this many codes are held at a time (8 MiB), unless one image has more. */
const MOST_CODES = 1 << 20;

/**
 * Sensitivity from stored codes of perturbed images (docs/measures.md §7). Holds the draws of a few images at a time.
 * Progress in images, over all strengths.
 * @param variance Var(z) of each feature over the unperturbed rows, k values
 * @throws InputError naming strength, draw, image (its row) and feature (its column) of a NaN or infinity
 */
export async function sensitivity(codes: NoisyCodes, variance: ArrayLike<number>, control: Control = unwatched): Promise<Sensitivity> {
  const { strengths, draws, images, features } = codes;
  const statistic = new SensitivityStatistic(strengths, features);
  const most = Math.max(1, Math.floor(MOST_CODES / (draws * features)));
  for (let strength = 0; strength < strengths; strength++)
    for (let start = 0; start < images; start += most) {
      const end = Math.min(images, start + most);
      const width = (end - start) * features;
      const block = new Float64Array(draws * width);
      for (let draw = 0; draw < draws; draw++) {
        control.throwIfCancelled();
        const values = await codes.read(strength, draw, start, end);
        requireFinite(values, `${codes.name}, strength ${strength}, draw ${draw}`, features, start);
        block.set(values, draw * width);
      }
      statistic.update({ strength, draws, images: end - start, codes: block });
      control.progress(strength * images + end, strengths * images);
    }
  return statistic.result(variance);
}
