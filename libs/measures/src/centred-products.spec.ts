import { ByShard, Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { centredProducts, ProductsStatistic, type CentredProducts } from './centred-products.js';
import { columnRanges } from './column-ranges.js';
import { expectClose } from './golden-case.fixture.js';

const [n, d, k] = [2500, 5, 3];

/** Columns of a mean a million times their spread; the last of z never varies. */
function sample() {
  const prng = new Prng(4);
  const x = Float64Array.from({ length: n * d }, (_, i) => 1e6 * ((i % d) + 1) + prng.gaussian());
  const z = Float64Array.from({ length: n * k }, (_, i) => (i % k === k - 1 ? 0.1 : prng.gaussian() + x[Math.floor(i / k) * d]! - 1e6));
  return { x, z };
}

/** The definition: means first, then products of what is left. */
function plain(x: Float64Array, z: Float64Array): Pick<CentredProducts, 'gram' | 'cross' | 'energy'> {
  const centred = (data: Float64Array, width: number) => {
    const mean = Array.from(
      { length: width },
      (_, c) => data.reduce((sum, value, i) => sum + (i % width === c ? value - data[c]! : 0), 0) / n + data[c]!,
    );
    return data.map((value, i) => value - mean[i % width]!);
  };
  const product = (a: Float64Array, p: number, b: Float64Array, q: number) =>
    Float64Array.from({ length: p * q }, (_, at) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += a[i * p + Math.floor(at / q)]! * b[i * q + (at % q)]!;
      return sum;
    });
  const [a, b] = [centred(x, d), centred(z, k)];
  return { gram: product(a, d, a, d), cross: product(a, d, b, k), energy: product(b, k, b, k).filter((_, at) => at % (k + 1) === 0) };
}

describe('centred products', () => {
  it('are those of the definition, though the means are large', async () => {
    const { x, z } = sample();
    const found = await centredProducts(memoryRows('x', x, n, d), memoryRows('z', z, n, k));
    const wanted = plain(x, z);
    const size = Math.max(...wanted.gram);
    for (const name of ['gram', 'cross', 'energy'] as const)
      wanted[name].forEach((value, i) => expect(Math.abs(found[name][i]! - value)).toBeLessThan(1e-9 * size));
    expectClose(found.energy.subarray(0, k - 1), wanted.energy.subarray(0, k - 1));
    expect(found).toMatchObject({ n, d, k });
  });

  it('are exactly 0 for a column that does not vary', async () => {
    const { x, z } = sample();
    const found = await centredProducts(memoryRows('x', x, n, d), memoryRows('z', z, n, k));
    expect(found.energy[k - 1]).toBe(0);
    expect(found.cross.filter((_, at) => at % k === k - 1).every((value) => value === 0)).toBe(true);
  });

  it('are the same whether ranges are given or scanned, and report progress over the rows', async () => {
    const { x, z } = sample();
    const [xs, zs] = [memoryRows('x', x, n, d), memoryRows('z', z, n, k)];
    const seen: number[][] = [];
    const control = { throwIfCancelled: () => undefined, progress: (done: number, total: number) => seen.push([done, total]) };
    const given = await centredProducts(xs, zs, { x: await columnRanges(xs), z: await columnRanges(zs) });
    expect(await centredProducts(xs, zs, undefined, control)).toEqual(given);
    expect(seen).toEqual([
      [1024, n],
      [2048, n],
      [n, n],
    ]);
  });

  it('have the same bits for shards in any order and twice, and nearly those of one run', () => {
    const { x, z } = sample();
    const shift = () => new ProductsStatistic(x.slice(0, d), z.slice(0, k));
    const bounds = [0, 1024, 2048, n];
    const shard = (s: number) => {
      const [from, to] = [bounds[s]!, bounds[s + 1]!];
      const statistic = shift();
      statistic.update({ rows: to - from, x: x.slice(from * d, to * d), z: z.slice(from * k, to * k) });
      return statistic;
    };
    const merged = (order: number[]) => {
      const all = new ByShard(3, shift());
      for (const s of order) all.add(s, shard(s));
      return all.result().result();
    };
    const wanted = merged([0, 1, 2]);
    expect(merged([2, 0, 2, 1, 0])).toEqual(wanted);
    const whole = shift();
    whole.update({ rows: n, x: x.slice(), z: z.slice() });
    expectClose(whole.result().energy.subarray(0, k - 1), wanted.energy.subarray(0, k - 1), 1e-12);
  });

  it('have the same bits for blocks of any multiple of 256 rows', () => {
    const { x, z } = sample();
    const inBlocks = (blockRows: number) => {
      const statistic = new ProductsStatistic(x.slice(0, d), z.slice(0, k));
      for (let from = 0; from < n; from += blockRows) {
        const to = Math.min(n, from + blockRows);
        statistic.update({ rows: to - from, x: x.slice(from * d, to * d), z: z.slice(from * k, to * k) });
      }
      return statistic.result();
    };
    const wanted = inBlocks(1024);
    for (const blockRows of [256, 512, 768, 2560]) expect(inBlocks(blockRows)).toEqual(wanted);
  });

  it('refuse different row counts and ranges of another width', async () => {
    const [x, z] = [memoryRows('x', [1, 2, 3], 3, 1), memoryRows('z', [1, 2], 2, 1)];
    await expect(centredProducts(x, z)).rejects.toThrow('z: wrong number of rows (got 2)');
    const wide = { min: new Float64Array(2), max: new Float64Array(2) };
    await expect(centredProducts(x, x, { x: wide, z: wide })).rejects.toThrow('wrong length (got 2)');
  });
});
