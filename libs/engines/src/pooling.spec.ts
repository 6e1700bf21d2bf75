import { pool, type Pooling } from './pooling.js';

const layer = (shape: number[], values?: number[]) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float32Array.from(values ?? Array.from({ length }, (_, i) => i)) };
};
const pooled = (kind: Pooling, shape: number[], count = shape[0]!) => {
  const { data, width } = pool(layer(shape), kind, count);
  expect(data).toHaveLength(count * width);
  return [...data];
};

describe('pooling', () => {
  it('mean averages over space, over tokens, and leaves rows as they are', () => {
    expect(pooled('mean', [2, 2, 1, 2])).toEqual([0.5, 2.5, 4.5, 6.5]);
    expect(pooled('mean', [2, 2, 3])).toEqual([1.5, 2.5, 3.5, 7.5, 8.5, 9.5]);
    expect(pooled('mean', [2, 2])).toEqual([0, 1, 2, 3]);
  });

  it('mean adds in float64, so that many small values beside a large one count', () => {
    const values = [2 ** 24, ...Array.from({ length: 15 }, () => 1)];
    expect(pool(layer([1, 1, 4, 4], values), 'mean', 1).data[0]).toBe(Math.fround((2 ** 24 + 15) / 16));
    const tokens = Array.from({ length: 16 }, (_, i) => [values[i]!, 0]).flat();
    expect(pool(layer([1, 16, 2], tokens), 'mean', 1).data[0]).toBe(Math.fround((2 ** 24 + 15) / 16));
  });

  it('flat keeps everything', () => {
    expect(pooled('flat', [2, 2, 1, 2])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('cls takes the first token', () => {
    expect(pooled('cls', [2, 3, 2])).toEqual([0, 1, 6, 7]);
  });

  it('grid2 averages 2 × 2 cells; the middle of an odd side counts in both', () => {
    expect(pooled('grid2', [1, 1, 2, 2])).toEqual([0, 1, 2, 3]);
    expect(pooled('grid2', [1, 1, 4, 4])).toEqual([2.5, 4.5, 10.5, 12.5]);
    // torch.nn.functional.adaptive_avg_pool2d(torch.arange(9.).reshape(1, 1, 3, 3), 2)
    expect(pooled('grid2', [1, 1, 3, 3])).toEqual([2, 3, 5, 6]);
    expect(pooled('grid2', [1, 2, 2, 2])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('takes the first images, and gives arrays of its own', () => {
    expect(pooled('mean', [3, 2], 2)).toEqual([0, 1, 2, 3]);
    const input = layer([1, 2]);
    pool(input, 'flat', 1).data[0] = 9;
    expect(input.data[0]).toBe(0);
  });

  it('refuses what makes no sense for the layer', () => {
    const refused = (kind: string, shape: number[], message: string, count = 1) =>
      expect(() => pool(layer(shape), kind as Pooling, count)).toThrow(message);
    refused('cls', [1, 2, 3, 3], 'pooling: cls does not fit a layer of this shape (got [1, 2, 3, 3]); accepted: a layer [N, tokens, D]');
    refused('cls', [1, 2], 'pooling: cls does not fit');
    refused('grid2', [1, 4, 3], 'pooling: grid2 does not fit');
    refused('grid2', [1, 4, 1, 3], 'accepted: a layer [N, C, H, W] of at least 2 × 2');
    refused('mean', [1, 2, 2, 2, 2], 'pooling: mean does not fit');
    refused('mean', [1], 'pooling: mean does not fit');
    refused('flat', [1], 'pooling: flat does not fit');
    refused('mean', [1, 0, 2, 2], 'pooling: mean does not fit');
    refused('max', [1, 2], 'pooling: unknown (got max); accepted: mean, flat, grid2, cls');
    refused('mean', [1, 2], 'count: out of range (got 2); accepted: 0 to 1 images', 2);
    expect(() => pool({ shape: [2, 2], data: new Float32Array(3) }, 'mean', 1)).toThrow(
      'its shape [2, 2] does not fit its data (got 3); accepted: 4 values',
    );
  });
});
