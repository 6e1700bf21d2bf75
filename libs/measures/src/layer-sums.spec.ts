import { fixedPoint, foldOf, integerAt, Prng, toInteger, type Bits } from '@fathom/exact';
import { memoryRows, rowSource, type RowSource } from '@fathom/tensors';

import { columnRanges, type ColumnRanges } from './column-ranges.js';
import { crew } from './crews.fixture.js';
import { layerSums, probeTargets, readAhead, type ProbeTargets } from './layer-sums.js';
import { randomCase } from './naive-probe.fixture.js';
import { rangesOf } from './probe-arrays.fixture.js';

const [n, d, k, folds] = [40, 3, 4, 4];

/** Integers of a matrix, value by value. */
async function integersOf(values: Float64Array, columns: number, bits: Bits): Promise<Float64Array> {
  const point = fixedPoint(await columnRanges(memoryRows('', values, n, columns)), { bits });
  return values.map((value, at) => toInteger(value, point, at % columns));
}

describe('the sums of a layer', () => {
  it.each([16, 24] as const)(
    'are those of its rows and the codes by fold, of some columns, and of columns whose rows are permuted (%i bits)',
    async (bits) => {
      const data = randomCase(1, n, d, k);
      const [x, z] = [memoryRows('layer', data.x, n, d), memoryRows('codes', data.z, n, k)];
      const ranges = await rangesOf(x, z);
      const [columns, chance] = [Uint32Array.of(2, 0), Uint32Array.of(1)];
      const permutation = new Prng(2).permutation(n);
      const targets = await probeTargets(z, ranges.z, { folds, bits, columns, permuted: { columns: chance, permutation }, widest: d }, crew);
      const sums = await layerSums(x, ranges.x, targets, crew);
      const [qx, qz] = [await integersOf(data.x, d, bits), await integersOf(data.z, k, bits)];
      for (let fold = 0; fold < folds; fold += 1) {
        const rows = Array.from({ length: n }, (_, row) => row).filter((row) => foldOf(row, folds) === fold);
        expect(sums.rows[fold]).toBe(rows.length);
        const total = (of: (row: number) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
        for (let a = 0; a < d; a += 1) {
          expect(integerAt(sums.x.sum, fold * d + a)).toBe(total((row) => qx[row * d + a]!));
          columns.forEach((column, j) =>
            expect(integerAt(sums.z[0]!.cross, (fold * d + a) * 2 + j)).toBe(total((row) => qx[row * d + a]! * qz[row * k + column]!)),
          );
          expect(integerAt(sums.z[1]!.cross, fold * d + a)).toBe(total((row) => qx[row * d + a]! * qz[permutation[row]! * k + columns[1]!]!));
        }
      }
    },
  );

  it('are the same for codes that were used before', async () => {
    const data = randomCase(2, n, d, k);
    const [x, z] = [memoryRows('layer', data.x, n, d), memoryRows('codes', data.z, n, k)];
    const ranges = await rangesOf(x, z);
    const targets = await probeTargets(z, ranges.z, { folds, bits: 16, widest: d }, crew);
    const first = Array.from((await layerSums(x, ranges.x, targets, crew)).z[0]!.cross.low);
    expect(Array.from((await layerSums(x, ranges.x, targets, crew)).z[0]!.cross.low)).toEqual(first);
  });

  describe('of a layer that was read ahead', () => {
    const data = randomCase(3, n, d, k);
    const z = memoryRows('codes', data.z, n, k);
    const layer = memoryRows('layer', data.x, n, d);
    const another = memoryRows('another layer', randomCase(4, n, d, k).x, n, d);
    const targetsOf = async () => probeTargets(z, await columnRanges(z), { folds, bits: 16, widest: d }, crew);
    const crossOf = async (x: RowSource, ranges: ColumnRanges, targets: ProbeTargets): Promise<number[]> =>
      Array.from((await layerSums(x, ranges, targets, crew)).z[0]!.cross.low);
    const plain = async (x: RowSource): Promise<number[]> => crossOf(x, await columnRanges(x), await targetsOf());

    it('are the same, and it is not read again', async () => {
      const targets = await targetsOf();
      const ranges = await columnRanges(layer);
      await readAhead(() => Promise.resolve({ x: layer, ranges }), targets, crew);
      // Another job's rows of the same artifact.
      const lost = rowSource(layer, () => Promise.reject(new Error('read again')));
      expect(await crossOf(lost, ranges, targets)).toEqual(await plain(layer));
      await expect(crossOf(lost, ranges, targets)).rejects.toThrow('read again');
    });

    it('are those of the layer that is asked for, whatever was read ahead', async () => {
      const targets = await targetsOf();
      const ranges = await columnRanges(layer);
      await readAhead(() => Promise.resolve({ x: layer, ranges }), targets, crew);
      expect(await crossOf(another, await columnRanges(another), targets)).toEqual(await plain(another));
      const wider = { min: ranges.min.map((value) => value - 1000), max: ranges.max };
      await readAhead(() => Promise.resolve({ x: layer, ranges: wider }), targets, crew);
      expect(await crossOf(layer, ranges, targets)).toEqual(await plain(layer));
    });

    it('are told what is wrong with it when they are asked for', async () => {
      const targets = await targetsOf();
      const ranges = await columnRanges(layer);
      await readAhead(() => Promise.reject(new Error('no such layer')), targets, crew);
      const short = memoryRows('layer', [1, 2], 2, 1);
      await readAhead(async () => ({ x: short, ranges: await columnRanges(short) }), targets, crew);
      const lost = rowSource(layer, () => Promise.reject(new Error('lost')));
      await readAhead(() => Promise.resolve({ x: lost, ranges }), targets, crew);
      await expect(crossOf(lost, ranges, targets)).rejects.toThrow('lost');
      expect(await crossOf(layer, ranges, targets)).toEqual(await plain(layer));
    });
  });

  it('need a layer of as many rows, with channels', async () => {
    const z = memoryRows('codes', randomCase(1, n, d, k).z, n, k);
    const targets = await probeTargets(z, await columnRanges(z), { folds, bits: 16, widest: d }, crew);
    const empty = { min: new Float64Array(0), max: new Float64Array(0) };
    await expect(layerSums(memoryRows('layer', [], n, 0), empty, targets, crew)).rejects.toThrow('layer: no columns (got 0)');
    const short = memoryRows('layer', [1, 2], 2, 1);
    await expect(layerSums(short, await columnRanges(short), targets, crew)).rejects.toThrow('codes: wrong number of rows (got 40)');
  });
});
