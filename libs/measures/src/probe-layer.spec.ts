import { InputError } from '@fathom/errors';
import { Prng } from '@fathom/exact';
import { memoryRows, type RowSource } from '@fathom/tensors';
import fc from 'fast-check';

import { columnRanges } from './column-ranges.js';
import { expectWithin } from './expect-within.fixture.js';
import { naiveR2, randomCase, toRows } from './naive-probe.fixture.js';
import { probeLayer, type LayerProbe } from './probe-layer.js';
import type { ProbeOptions } from './probe-options.js';

const sources = ({ x, z }: { x: Float64Array; z: Float64Array }, n: number): [RowSource, RowSource] => [
  memoryRows('layer', x, n, x.length / n),
  memoryRows('codes', z, n, z.length / n),
];

async function probe(x: RowSource, z: RowSource, options: ProbeOptions = {}): Promise<LayerProbe> {
  return probeLayer(x, z, { inSample: x.rows > x.columns + 1, ...options }, { x: await columnRanges(x), z: await columnRanges(z) });
}

const shapes = fc.record({
  seed: fc.nat(),
  n: fc.integer({ min: 24, max: 60 }),
  d: fc.integer({ min: 2, max: 6 }),
  k: fc.integer({ min: 3, max: 5 }),
});
const clip = (r2: number): number => Math.min(1, Math.max(0, r2));

describe('a probed layer', () => {
  it('has the R² that explicit standardising, solving and predicting gives, a constant channel and a dead feature included', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ seed, n, d, k }) => {
        const data = randomCase(seed, n, d, k);
        const permutation = new Prng(seed).permutation(n);
        const found = await probe(...sources(data, n), { folds: 4, alphas: [1e-3, 0.3], permutation, blockRows: 7 });
        const [x, z] = [toRows(data.x, d), toRows(data.z, k)];
        for (const [at, alpha] of [1e-3, 0.3].entries()) {
          const { tuning } = naiveR2(x, z, 4, alpha);
          expect(Math.abs(found.tuning[at]! - tuning.reduce((sum, r2) => sum + Math.max(0, r2), 0) / k)).toBeLessThanOrEqual(6e-7);
        }
        expect(found.alpha).toBe(found.tuning[0]! > found.tuning[1]! ? 1e-3 : 0.3);
        const { whole, each } = naiveR2(x, z, 4, found.alpha);
        expectWithin(found.r2, whole.map(clip), 1e-9);
        expectWithin(found.foldR2, each.flat().map(clip), 1e-9);
        expect(found.r2[k - 1]).toBe(0);
        const nulls = naiveR2(
          x,
          [...permutation].map((row) => z[row]!),
          4,
          found.alpha,
        )
          .whole.filter((_, j) => z.some((row) => row[j] !== z[0]![j]))
          .sort((one, other) => one - other);
        expectWithin([found.nullMean!], [nulls.reduce((sum, r2) => sum + r2, 0) / nulls.length], 1e-9);
        const place = 0.95 * (nulls.length - 1);
        const [low, high] = [nulls[Math.floor(place)]!, nulls[Math.ceil(place)]!];
        expectWithin([found.null95!], [low + (high - low) * (place % 1)], 1e-9);
      }),
      { numRuns: 25 },
    );
  });

  it('may have more channels than rows to train on', async () => {
    const data = randomCase(4, 20, 6, 3);
    const wide = Float64Array.from({ length: 20 * 30 }, (_, at) => new Prng(at).gaussian());
    const found = await probe(...sources({ x: wide, z: data.z }, 20), { folds: 3, alphas: [0.1] });
    expectWithin(found.r2, naiveR2(toRows(wide, 30), toRows(data.z, 3), 3, 0.1).whole.map(clip), 1e-9);
  });

  it('reads the same whatever the block of rows, and the scale and origin of channels and codes', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.integer({ min: 1, max: 70 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        async ({ seed, n, d, k }, blockRows, scale) => {
          const data = randomCase(seed, n, d, k);
          const options = { alphas: [0.01] };
          const found = await probe(...sources(data, n), options);
          const blocked = await probe(...sources(data, n), { ...options, blockRows });
          const moved = await probe(
            ...sources(
              { x: data.x.map((value, at) => value * scale * ((at % d) + 1) - 2 * scale), z: data.z.map((value) => 5 * scale - value * scale) },
              n,
            ),
            options,
          );
          for (const key of ['r2', 'foldR2', 'r2InSample'] as const) {
            expectWithin(blocked[key]!, found[key]!, 1e-12);
            expectWithin(moved[key]!, found[key]!, 1e-8);
            expect(found[key]!.every((r2) => r2 >= 0 && r2 <= 1)).toBe(true);
          }
          expectWithin([blocked.nullMean!, blocked.null95!], [found.nullMean!, found.null95!], 1e-12);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('of pure noise has a null that is not above 0, and a seed decides which', async () => {
    const noise = new Float64Array(2000 * 20);
    new Prng(8).fillGaussian(noise);
    const [x, z] = sources({ x: noise.slice(0, 2000 * 16), z: noise.slice(2000 * 16) }, 2000);
    const found = await probe(x, z, { nullSeed: 1 });
    expect(found.nullMean).toBeLessThan(0.01);
    expect((await probe(x, z, { nullSeed: 1 })).nullMean).toBe(found.nullMean);
    expect((await probe(x, z, { nullSeed: 2 })).nullMean).not.toBe(found.nullMean);
  });

  it('has no null and no in-sample R² where none is asked for', async () => {
    const found = await probe(...sources(randomCase(1, 30, 3, 3), 30), { null: false, inSample: false });
    expect(Object.keys(found).sort()).toEqual(['alpha', 'foldR2', 'r2', 'tuning']);
  });

  it('has R² = 0 and a null of 0 where every feature is dead', async () => {
    const found = await probe(...sources({ x: randomCase(1, 30, 3, 3).x, z: new Float64Array(60).fill(2.3) }, 30));
    expect(found).toMatchObject({ r2: new Float64Array(2), nullMean: 0, null95: 0, r2InSample: new Float64Array(2) });
  });

  it('ignores a channel that is constant on the training rows, even where it is not on the test rows', async () => {
    const { x, z } = randomCase(2, 40, 3, 3);
    const spiked = x.slice();
    spiked[1 * 3 + 2] = 1e6; // one row alone differs: its fold is predicted without having seen that
    const [plain, other] = [
      await probe(...sources({ x, z }, 40), { alphas: [0.01] }),
      await probe(...sources({ x: spiked, z }, 40), { alphas: [0.01] }),
    ];
    expect(naiveR2(toRows(spiked, 3), toRows(z, 3), 5, 0.01).whole.map(clip)).not.toEqual([...plain.r2]);
    expectWithin(other.r2, naiveR2(toRows(spiked, 3), toRows(z, 3), 5, 0.01).whole.map(clip), 1e-9);
  });

  it('stops when told to, and says how far it is', async () => {
    const [x, z] = sources(randomCase(1, 30, 3, 3), 30);
    const ranges = { x: await columnRanges(x), z: await columnRanges(z) };
    const seen: number[] = [];
    await probeLayer(x, z, { blockRows: 12 }, ranges, { throwIfCancelled: () => undefined, progress: (done, total) => seen.push(done / total) });
    expect(seen).toEqual([12 / 30, 24 / 30, 1]);
    const stop = () => {
      throw new Error('stopped');
    };
    await expect(probeLayer(x, z, {}, ranges, { throwIfCancelled: stop, progress: () => undefined })).rejects.toThrow('stopped');
  });
});

describe('a layer that cannot be probed', () => {
  const [x, z] = sources(randomCase(1, 30, 3, 3), 30);
  const rows = (name: string, n: number, columns: number, fill = 0): RowSource =>
    memoryRows(name, new Float64Array(n * columns).fill(fill), n, columns);

  it.each([
    ['codes: no columns (got 0)', x, rows('codes', 30, 0), {}],
    ['codes: wrong number of rows (got 29); accepted: 30 rows, as layer has', x, rows('codes', 29, 3), {}],
    ['layer: too few rows (got 5); accepted: more rows than the 5 folds', rows('layer', 5, 2), rows('codes', 5, 2), {}],
    ['folds: fold 2 of 13 rows is empty', rows('layer', 13, 2), rows('codes', 13, 2), { folds: 12 }],
    [
      'layer: too few rows for the in-sample R² of its channels, which would be 1 whatever the target (got 30); accepted: at least 31 rows',
      rows('layer', 30, 29),
      z,
      { inSample: true },
    ],
    ['permutation: wrong length (got 2)', x, z, { permutation: [1, 0] }],
    ['permutation: names a row twice (got 4)', x, z, { permutation: new Array<number>(30).fill(4) }],
    ['permutation: no such row (got 30)', x, z, { permutation: Array.from({ length: 30 }, (_, row) => row + 1) }],
  ] as [string, RowSource, RowSource, ProbeOptions][])('is refused: %s', async (message, layer, codes, options) => {
    const ranges = { x: await columnRanges(layer), z: await columnRanges(codes) };
    const attempt = probeLayer(layer, codes, { inSample: false, ...options }, ranges);
    await expect(attempt).rejects.toThrow(InputError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('is refused where a value is not finite, or the ranges are those of another matrix', async () => {
    const ranges = { x: await columnRanges(x), z: await columnRanges(z) };
    const spoilt = memoryRows('layer', new Float64Array(90).fill(NaN, 31, 32), 30, 3);
    await expect(probeLayer(spoilt, z, {}, ranges)).rejects.toThrow('layer, row 10, column 1: not a finite number (got "NaN")');
    const short = { min: new Float64Array(2), max: new Float64Array(2) };
    await expect(probeLayer(x, z, {}, { ...ranges, z: short })).rejects.toThrow(
      'codes, min of its columns: wrong length (got 2); accepted: 3 values, one a column',
    );
  });

  it('is refused where the ridge is too small to solve', async () => {
    const twice = memoryRows(
      'layer',
      Float64Array.from({ length: 60 }, (_, at) => Math.floor(at / 2) * 0.1),
      30,
      2,
    );
    await expect(probe(twice, z, { alphas: [1e-300] })).rejects.toThrow(
      'alphas: too small for these activations: the probe is singular to rounding (got 1e-300)',
    );
  });
});
