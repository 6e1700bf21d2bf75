import { fixedPoint, Prng } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';

import { centredProducts, type CentredProducts } from './centred-products.js';
import type { PairedRanges } from './column-ranges.js';
import { crew, shuffledCrew } from './crews.fixture.js';
import { expectClose } from './golden-case.fixture.js';
import { rangesOf } from './probe-arrays.fixture.js';

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

/** The same products in the units of X and Z. */
function inOwnUnits({ gram, cross, energy, ...sizes }: CentredProducts, ranges: PairedRanges, bits: 16 | 24): CentredProducts {
  const scaleX = Math.min(...fixedPoint(ranges.x, { bits }).scale.filter((_, c) => gram[c * sizes.d + c]! > 0));
  const scaleZ = fixedPoint(ranges.z, { bits }).scale;
  return {
    ...sizes,
    gram: gram.map((value) => value / scaleX / scaleX),
    cross: cross.map((value, at) => value / scaleX / scaleZ[at % sizes.k]!),
    energy: energy.map((value, j) => value / scaleZ[j]! / scaleZ[j]!),
  };
}

const products = async (x: Float64Array, z: Float64Array, bits: 16 | 24 = 24, by = crew) => {
  const [xs, zs] = [memoryRows('x', x, n, d), memoryRows('z', z, n, k)];
  const ranges = await rangesOf(xs, zs);
  return inOwnUnits(await centredProducts(xs, zs, ranges, bits, by), ranges, bits);
};

describe('centred products', () => {
  it.each([
    [16, 3e-5],
    [24, 1e-7],
  ] as const)('are those of the definition, though the means are large, with %i bits', async (bits, near) => {
    const { x, z } = sample();
    const found = await products(x, z, bits);
    const wanted = plain(x, z);
    const size = Math.max(...wanted.gram);
    for (const name of ['gram', 'cross', 'energy'] as const)
      wanted[name].forEach((value, i) => expect(Math.abs(found[name][i]! - value)).toBeLessThan(near * size));
    expectClose(found.energy.subarray(0, k - 1), wanted.energy.subarray(0, k - 1), near);
    expect(found).toMatchObject({ n, d, k });
  });

  it('are exactly 0 for a column that does not vary', async () => {
    const { x, z } = sample();
    const found = await products(x, z);
    expect(found.energy[k - 1]).toBe(0);
    expect(found.cross.filter((_, at) => at % k === k - 1).every((value) => value === 0)).toBe(true);
  });

  it('are symmetric, and have on the diagonal what the energy of the same columns is', async () => {
    const { x } = sample();
    const xs = memoryRows('x', x, n, d);
    const ranges = await rangesOf(xs, xs);
    const { gram, cross, energy } = inOwnUnits(await centredProducts(xs, xs, ranges, 16, crew), ranges, 16);
    for (let a = 0; a < d; a++) for (let b = 0; b < d; b++) expect(gram[a * d + b]).toBe(gram[b * d + a]);
    expect([...energy]).toEqual([...energy].map((_, c) => gram[c * d + c]));
    expectClose(cross, gram, 1e-12);
  });

  it('have the same bits for rows in any order, whoever does the work', async () => {
    const { x, z } = sample();
    const order = new Prng(6).permutation(n);
    const mixed = (values: Float64Array, width: number) =>
      Float64Array.from(values, (_, at) => values[order[Math.floor(at / width)]! * width + (at % width)]!);
    for (const bits of [16, 24] as const) {
      const found = await products(x, z, bits);
      expect(await products(mixed(x, d), mixed(z, k), bits)).toEqual(found);
      expect(await products(x, z, bits, shuffledCrew(4, bits))).toEqual(found);
    }
  });

  it('of a column of 1e30 beside one of 1e-30 keep the digits of both; a denormal column is as good as constant', async () => {
    const prng = new Prng(8);
    const [large, small, tiny] = [1e30, 1e-30, 5e-324];
    const plainX = Float64Array.from({ length: n * 3 }, () => prng.gaussian());
    const x = plainX.map((value, at) => Math.round(value * 100) * [large, small, tiny][at % 3]!);
    const z = Float64Array.from({ length: n }, (_, row) => plainX[row * 3]! + plainX[row * 3 + 1]!);
    const wide = async (values: Float64Array) => {
      const [xs, zs] = [memoryRows('x', values, n, 3), memoryRows('z', z, n, 1)];
      const ranges = await rangesOf(xs, zs);
      return inOwnUnits(await centredProducts(xs, zs, ranges, 24, crew), ranges, 24);
    };
    const unit = await wide(plainX.map((value, at) => (at % 3 === 2 ? 0 : Math.round(value * 100))));
    const found = await wide(x);
    const scales = [large, small, 1];
    expectClose(
      found.gram.map((value, at) => value / scales[Math.floor(at / 3)]! / scales[at % 3]!),
      unit.gram,
      1e-5,
    );
    expectClose(
      found.cross.map((value, at) => value / scales[at]!),
      unit.cross,
      1e-5,
    );
    expect(found.cross[2]).toBe(0);
  });

  it('report progress over the rows', async () => {
    const { x, z } = sample();
    const [xs, zs] = [memoryRows('x', x, n, d), memoryRows('z', z, n, k)];
    const seen: number[][] = [];
    const control = { throwIfCancelled: () => undefined, progress: (done: number, total: number) => seen.push([done, total]) };
    await centredProducts(xs, zs, await rangesOf(xs, zs), 16, crew, control);
    expect(seen).toEqual([[n, n]]);
  });

  it('refuse different row counts and ranges of another width', async () => {
    const [x, z] = [memoryRows('x', [1, 2, 3], 3, 1), memoryRows('z', [1, 2], 2, 1)];
    await expect(centredProducts(x, z, await rangesOf(x, z), 16, crew)).rejects.toThrow('z: wrong number of rows (got 2)');
    const wide = { min: new Float64Array(2), max: new Float64Array(2) };
    await expect(centredProducts(x, x, { x: wide, z: wide }, 16, crew)).rejects.toThrow('wrong length (got 2)');
    const far = { min: Float64Array.of(-1e200), max: Float64Array.of(1e200) };
    await expect(centredProducts(x, x, { x: far, z: far }, 16, crew)).rejects.toThrow('x, range of column 0: is too wide');
  });
});
