import { InputError } from '@fathom/errors';
import type { LayerOutput } from './engine.js';

/** How a layer's activations of an image become one row (docs/measures.md §1). */
export type Pooling = 'mean' | 'flat' | 'grid2' | 'cls';

/** One row per image. */
export interface PooledRows {
  /** count × width, row-major. */
  readonly data: Float32Array;
  readonly width: number;
}

const ACCEPTED: Readonly<Record<Pooling, string>> = {
  mean: 'a layer [N, C, H, W], [N, tokens, D] or [N, D]',
  flat: 'a layer [N, …]',
  grid2: 'a layer [N, C, H, W] of at least 2 × 2',
  cls: 'a layer [N, tokens, D]',
};

/**
 * Pools the first `count` images of a layer.
 *
 * - `mean`: over space of [N, C, H, W], over tokens of [N, tokens, D]; [N, D] as it is.
 * - `flat`: everything, row-major.
 * - `grid2`: means of 2 × 2 cells of [N, C, H, W], 4 values per channel, row by row. Cell i of a side of length s covers
 *   ⌊i·s/2⌋ to ⌈(i+1)·s/2⌉, so the middle of an odd side counts in both.
 * - `cls`: the first token of [N, tokens, D].
 *
 * Means are summed in float64 in storage order and rounded to float32 once.
 *
 * @throws InputError where the pooling makes no sense for the layer's shape, or the data do not fill it
 */
export function pool(output: LayerOutput, kind: Pooling, count: number): PooledRows {
  const { data, shape } = output;
  const [images = 0, ...rest] = shape;
  const perImage = rest.reduce((product, size) => product * size, 1);
  if (!Object.hasOwn(ACCEPTED, kind)) {
    throw new InputError({ field: 'pooling', problem: 'unknown', value: kind, accepted: Object.keys(ACCEPTED).join(', ') });
  }
  if (!Number.isInteger(count) || count < 0 || count > images) {
    throw new InputError({ field: 'count', problem: 'out of range', value: count, accepted: `0 to ${images} images` });
  }
  if (data.length !== images * perImage) {
    throw new InputError({
      field: 'layer',
      problem: `its shape [${shape.join(', ')}] does not fit its data`,
      value: data.length,
      accepted: `${images * perImage} values`,
    });
  }
  const [a = 0, b = 0, c = 0] = rest;
  const flat = () => ({ data: data.slice(0, count * perImage), width: perImage });
  if (perImage > 0) {
    if (kind === 'flat' && rest.length > 0) return flat();
    if (kind === 'mean' && rest.length === 1) return flat();
    if (kind === 'mean' && rest.length === 2) return meanOfTokens(data, count, a, b);
    if (kind === 'mean' && rest.length === 3) return meanOfSpace(data, count, a, b * c);
    if (kind === 'cls' && rest.length === 2) return firstToken(data, count, a, b);
    if (kind === 'grid2' && rest.length === 3 && b >= 2 && c >= 2) return grid(data, count, a, b, c);
  }
  throw new InputError({
    field: 'pooling',
    problem: `${kind} does not fit a layer of this shape`,
    value: `[${shape.join(', ')}]`,
    accepted: ACCEPTED[kind],
  });
}

function meanOfSpace(data: Float32Array, count: number, channels: number, space: number): PooledRows {
  const rows = new Float32Array(count * channels);
  for (let row = 0; row < rows.length; row += 1) {
    let sum = 0;
    const end = (row + 1) * space;
    for (let i = row * space; i < end; i += 1) sum += data[i]!;
    rows[row] = sum / space;
  }
  return { data: rows, width: channels };
}

function meanOfTokens(data: Float32Array, count: number, tokens: number, width: number): PooledRows {
  const rows = new Float32Array(count * width);
  const sums = new Float64Array(width);
  for (let image = 0; image < count; image += 1) {
    sums.fill(0);
    for (let token = 0; token < tokens; token += 1) {
      const start = (image * tokens + token) * width;
      for (let i = 0; i < width; i += 1) sums[i]! += data[start + i]!;
    }
    for (let i = 0; i < width; i += 1) rows[image * width + i] = sums[i]! / tokens;
  }
  return { data: rows, width };
}

function firstToken(data: Float32Array, count: number, tokens: number, width: number): PooledRows {
  const rows = new Float32Array(count * width);
  for (let image = 0; image < count; image += 1) {
    const start = image * tokens * width;
    rows.set(data.subarray(start, start + width), image * width);
  }
  return { data: rows, width };
}

function grid(data: Float32Array, count: number, channels: number, height: number, width: number): PooledRows {
  const rows = new Float32Array(count * channels * 4);
  for (let plane = 0; plane < count * channels; plane += 1) {
    for (let cell = 0; cell < 4; cell += 1) {
      const [top, bottom] = half(cell >> 1, height);
      const [left, right] = half(cell & 1, width);
      let sum = 0;
      for (let y = top; y < bottom; y += 1) {
        for (let x = left; x < right; x += 1) sum += data[(plane * height + y) * width + x]!;
      }
      rows[plane * 4 + cell] = sum / ((bottom - top) * (right - left));
    }
  }
  return { data: rows, width: channels * 4 };
}

function half(index: number, size: number): [number, number] {
  return [Math.floor((index * size) / 2), Math.ceil(((index + 1) * size) / 2)];
}
