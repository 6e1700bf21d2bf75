/**
 * Activations and codes that look like a network's: ReLU-like (at least 0, about half of them 0), heavy-tailed, channels of one layer
 * correlated through shared factors, and features planted in it: each code follows three factors, and each factor enters the layers'
 * channels at a depth of its own, so that a code is linearly readable from some layer on and hardly before.
 *
 * Everything comes from a seed, one stream a layer or block of 1,024 rows: the values depend neither on threads nor on shards.
 */
import { createRequire } from 'node:module';

const { Prng } = createRequire(import.meta.url)('@fathom/exact');

/** Rows that are drawn from one stream. */
export const BLOCK = 1024;
const FACTORS = 64;
const LOADINGS = 4;
/** What of a factor is in the channels of the layers before its own. */
const FAINT = 0.1;
const CHANNEL_NOISE = 0.5;
const CODE_NOISE = 0.3;

/** 65,536 Gaussian draws: noise is picked from these by 16 random bits, many times faster than drawing it. */
function noiseTable(seed, deviation) {
  const source = new Prng(seed, 'noise');
  return Float64Array.from({ length: 65_536 }, () => deviation * source.gaussian());
}

/** The factors' values on one block of rows: rows × FACTORS, heavy-tailed, scaled by each row's own contrast. */
function factorScores(seed, block) {
  const source = new Prng(seed, `factors ${block}`);
  const scores = new Float64Array(BLOCK * FACTORS);
  for (let i = 0, at = 0; i < BLOCK; i++) {
    const contrast = 0.5 + Math.abs(source.gaussian());
    for (let f = 0; f < FACTORS; f++, at++) {
      const draw = source.gaussian();
      scores[at] = contrast * draw * Math.abs(draw);
    }
  }
  return scores;
}

/** How `columns` columns follow the factors: which, how strongly, less what threshold, at what scale. */
function mixture(columns, loadings, describe) {
  const factors = new Int32Array(columns * loadings);
  const weights = new Float64Array(columns * loadings);
  const thresholds = new Float64Array(columns);
  const scales = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    const column = describe(c);
    factors.set(column.factors, c * loadings);
    weights.set(column.weights, c * loadings);
    thresholds[c] = column.threshold;
    scales[c] = column.scale;
  }
  return { columns, loadings, factors, weights, thresholds, scales };
}

/** The channels of one of `layers` layers (0-based). */
export function channelsOf(seed, layer, layers, width) {
  const source = new Prng(seed, `channels ${layer}`);
  const present = (factor) => (Math.floor((factor * layers) / FACTORS) <= layer ? 1 : FAINT);
  return mixture(width, LOADINGS, () => {
    const factors = Array.from({ length: LOADINGS }, () => source.below(FACTORS));
    return {
      factors,
      weights: factors.map((factor) => present(factor) * source.gaussian()),
      threshold: 0.3 * source.gaussian(),
      scale: 0.25 + source.gaussian() ** 2,
    };
  });
}

/** The planted features: feature j is the same whatever their number. */
export function featuresOf(seed, count) {
  const source = new Prng(seed, 'features');
  return mixture(count, 3, () => {
    const first = source.below(FACTORS);
    const factors = [0, 1, 2].map((step) => (first + step) % FACTORS);
    return {
      factors,
      weights: factors.map(() => source.gaussian()),
      threshold: 0.2 + Math.abs(source.gaussian()),
      scale: 0.25 + source.gaussian() ** 2,
    };
  });
}

/** Rows start..end−1 (start a multiple of BLOCK) of ReLU(factors · weights − threshold + noise) · scale: a Float32Array, rows × columns. */
export function drawRows(seed, name, mix, kind, start, end) {
  const { columns, loadings, factors, weights, thresholds, scales } = mix;
  const noise = noiseTable(seed, kind === 'codes' ? CODE_NOISE : CHANNEL_NOISE);
  const out = new Float32Array((end - start) * columns);
  for (let first = start; first < end; first += BLOCK) {
    const scores = factorScores(seed, first / BLOCK);
    const source = new Prng(seed, `${name} ${first / BLOCK}`);
    let at = (first - start) * columns;
    for (let i = 0; i < Math.min(BLOCK, end - first); i++) {
      const row = i * FACTORS;
      let bits = 0;
      for (let c = 0, w = 0; c < columns; c++, at++) {
        bits = (c & 1) === 0 ? source.uint32() : bits >>> 16;
        let sum = noise[bits & 0xffff] - thresholds[c];
        for (let end = w + loadings; w < end; w++) sum += weights[w] * scores[row + factors[w]];
        if (sum > 0) out[at] = scales[c] * sum;
      }
    }
  }
  return out;
}

/** Atoms that follow the last layer's channels: each what two factors and noise do to them, rectified, of unit length: count × width. */
export function atomsOf(seed, count, layers, width) {
  const { factors, weights, scales } = channelsOf(seed, layers - 1, layers, width);
  const source = new Prng(seed, 'atoms');
  const out = new Float32Array(count * width);
  const loading = new Float64Array(FACTORS);
  for (let j = 0; j < count; j++) {
    loading.fill(0);
    for (let i = 0; i < 2; i++) loading[source.below(FACTORS)] += source.gaussian();
    let square = 0;
    const atom = new Float64Array(width);
    for (let c = 0; c < width; c++) {
      let sum = 0.3 * source.gaussian();
      for (let w = c * LOADINGS; w < (c + 1) * LOADINGS; w++) sum += weights[w] * loading[factors[w]];
      atom[c] = scales[c] * Math.max(0, sum);
      square += atom[c] ** 2;
    }
    for (let c = 0; c < width; c++) out[j * width + c] = square > 0 ? atom[c] / Math.sqrt(square) : 0;
  }
  return out;
}
