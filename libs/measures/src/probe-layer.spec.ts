import { InputError, unwatched } from '@fathom/errors';
import { Prng } from '@fathom/exact';
import { memoryRows, rowSource, type RowSource } from '@fathom/tensors';
import fc from 'fast-check';

import { crew, shuffledCrew } from './crews.fixture.js';
import { expectWithin } from './expect-within.fixture.js';
import { naiveR2, randomCase, toRows } from './naive-probe.fixture.js';
import { probeArrays, rangesOf } from './probe-arrays.fixture.js';
import { codesToProbe, probeLayer } from './probe-layer.js';
import type { ProbeOptions } from './probe-options.js';

const sources = ({ x, z }: { x: Float64Array; z: Float64Array }, n: number): [RowSource, RowSource] => [
  memoryRows('layer', x, n, x.length / n),
  memoryRows('codes', z, n, z.length / n),
];

const probe: typeof probeArrays = (x, z, options = {}, by = crew) =>
  probeArrays(x, z, { bits: 24, inSample: x.rows > x.columns + 1, ...options }, by);

/** What 24 bits of fixed point and of solving leave of the digits of R². */
const NEAR = 3e-6;

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
        const found = await probe(...sources(data, n), { folds: 4, alphas: [1e-3, 0.3], permutation });
        const [x, z] = [toRows(data.x, d), toRows(data.z, k)];
        for (const [at, alpha] of [1e-3, 0.3].entries()) {
          const { tuning } = naiveR2(x, z, 4, alpha);
          expect(Math.abs(found.tuning[at]! - tuning.reduce((sum, r2) => sum + Math.max(0, r2), 0) / k)).toBeLessThanOrEqual(6e-7 + NEAR);
        }
        expect(found.alpha).toBe(found.tuning[0]! > found.tuning[1]! ? 1e-3 : 0.3);
        const { whole, each } = naiveR2(x, z, 4, found.alpha);
        expectWithin(found.r2, whole.map(clip), NEAR);
        expectWithin(found.foldR2, each.flat().map(clip), NEAR);
        expect(found.r2[k - 1]).toBe(0);
        const nulls = naiveR2(
          x,
          [...permutation].map((row) => z[row]!),
          4,
          found.alpha,
        )
          .whole.filter((_, j) => z.some((row) => row[j] !== z[0]![j]))
          .sort((one, other) => one - other);
        expectWithin([found.nullMean!], [nulls.reduce((sum, r2) => sum + r2, 0) / nulls.length], NEAR);
        const place = 0.95 * (nulls.length - 1);
        const [low, high] = [nulls[Math.floor(place)]!, nulls[Math.ceil(place)]!];
        expectWithin([found.null95!], [low + (high - low) * (place % 1)], NEAR);
      }),
      { numRuns: 25 },
    );
  });

  it('may have more channels than rows to train on', async () => {
    const data = randomCase(4, 20, 6, 3);
    const wide = Float64Array.from({ length: 20 * 30 }, (_, at) => new Prng(at).gaussian());
    const found = await probe(...sources({ x: wide, z: data.z }, 20), { folds: 3, alphas: [0.1] });
    expectWithin(found.r2, naiveR2(toRows(wide, 30), toRows(data.z, 3), 3, 0.1).whole.map(clip), NEAR);
  });

  it('has the same bits whoever does the work, in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 2, max: 9 }), fc.constantFrom(16 as const, 24 as const), async ({ seed, n, d, k }, hands, bits) => {
        const arrays = sources(randomCase(seed, n, d, k), n);
        const alone = await probe(...arrays, { bits });
        expect(await probe(...arrays, { bits }, shuffledCrew(hands, seed))).toEqual(alone);
      }),
      { numRuns: 10 },
    );
  });

  it('has the same bits for codes that were made ready for a wider layer, and used before', async () => {
    const [x, z] = sources(randomCase(3, 50, 4, 4), 50);
    const ranges = await rangesOf(x, z);
    const targets = await codesToProbe(z, ranges.z, {}, 3000, crew);
    const first = await probeLayer(x, ranges.x, targets, {}, crew);
    expect(await probeLayer(x, ranges.x, targets, {}, crew)).toEqual(first);
    expect(await probe(x, z, { bits: 16 })).toEqual(first);
  });

  it('reads nearly the same whatever the scale and origin of channels and codes, and the same for powers of two', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.double({ min: 0.01, max: 100, noNaN: true }), async ({ seed, n, d, k }, scale) => {
        const data = randomCase(seed, n, d, k);
        const options = { alphas: [0.01] };
        const found = await probe(...sources(data, n), options);
        const moved = await probe(
          ...sources(
            { x: data.x.map((value, at) => value * scale * ((at % d) + 1) - 2 * scale), z: data.z.map((value) => 5 * scale - value * scale) },
            n,
          ),
          options,
        );
        const doubled = await probe(...sources({ x: data.x.map((value) => value * 1024), z: data.z.map((value) => value / -64) }, n), options);
        for (const key of ['r2', 'foldR2', 'r2InSample'] as const) {
          expectWithin(moved[key]!, found[key]!, 2 * NEAR);
          expectWithin(doubled[key]!, found[key]!, NEAR);
          expect(found[key]!.every((r2) => r2 >= 0 && r2 <= 1)).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    [16, 1e-4],
    [24, NEAR],
  ] as const)('of channels and codes whose mean is 20,000 deviations from 0 keeps its digits, with %i bits', async (bits, near) => {
    const [n, d] = [400, 4];
    const prng = new Prng(5);
    const plain = Float64Array.from({ length: n * d }, () => prng.gaussian());
    const told = Float64Array.from({ length: n }, (_, row) => plain[row * d]! + 0.5 * plain[row * d + 1]! + prng.gaussian());
    const x = plain.map((value, at) => 20_000 * 10 ** (at % d) + value * 10 ** (at % d));
    const z = told.map((value) => 20_000 + value);
    const found = await probe(...sources({ x, z }, n), { bits, alphas: [1e-3] });
    const wanted = naiveR2(toRows(plain, d), toRows(told, 1), 5, 1e-3).whole;
    expectWithin(found.r2, wanted, near);
    // Integers taken from 0, not from the middle of the column, would be nearly constant: as many bits tell nothing.
    const step = 20_000 / 32_639;
    const coarse = (values: Float64Array, unit: (at: number) => number) => values.map((value, at) => Math.round(value / unit(at)) * unit(at));
    const [roughX, roughZ] = [coarse(x, (at) => step * 10 ** (at % d)), coarse(z, () => step)];
    const uncentred = naiveR2(
      toRows(
        roughX.map((value, at) => value - 20_000 * 10 ** (at % d)),
        d,
      ),
      toRows(
        roughZ.map((value) => value - 20_000),
        1,
      ),
      5,
      1e-3,
    ).whole;
    expect(Math.abs(uncentred[0]! - wanted[0]!)).toBeGreaterThan(0.01);
  });

  it('reads a channel of 1e30 beside one of 1e-30 as well as if both were of 1; denormal numbers tell nothing', async () => {
    const [n, d] = [60, 3];
    const data = randomCase(12, n, d, 3);
    const sizes = [1e30, 1e-30, 1];
    const scaled = data.x.map((value, at) => (at % d === 2 ? (at % 7) * 5e-324 : value * sizes[at % d]!));
    const z = data.z.map((value, at) => value * [1e-30, 1e30, 1][at % 3]!);
    const found = await probe(...sources({ x: scaled, z }, n), { alphas: [0.01] });
    const plain = await probe(...sources(data, n), { alphas: [0.01] }); // its last channel is constant
    expectWithin(found.r2, plain.r2, 2 * NEAR);
    expectWithin(found.r2InSample!, plain.r2InSample!, 2 * NEAR);
  });

  it.each([1e-5, 1e-3])('solves a system that is singular but for its ridge: every channel there twice, α = %p', async (alpha) => {
    const [n, d] = [60, 4];
    const data = randomCase(13, n, d, 3);
    const twice = Float64Array.from({ length: 2 * n * d }, (_, at) => data.x[Math.floor(at / 2)]!);
    const found = await probe(...sources({ x: twice, z: data.z }, n), { alphas: [alpha] });
    expectWithin(found.r2, naiveR2(toRows(twice, 2 * d), toRows(data.z, 3), 5, alpha).whole.map(clip), NEAR);
    expectWithin(found.r2InSample!, (await probe(...sources(data, n), { alphas: [alpha] })).r2InSample!, NEAR);
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
    expectWithin(other.r2, naiveR2(toRows(spiked, 3), toRows(z, 3), 5, 0.01).whole.map(clip), 1e-6);
  });

  it('stops when told to, and says how far it is', async () => {
    const [x, z] = sources(randomCase(1, 30, 3, 3), 30);
    const ranges = await rangesOf(x, z);
    const targets = await codesToProbe(z, ranges.z, {}, 3, crew);
    const seen: number[] = [];
    await probeLayer(x, ranges.x, targets, {}, crew, { throwIfCancelled: () => undefined, progress: (done, total) => seen.push(done / total) });
    expect(seen).toEqual([1]);
    const stop = () => {
      throw new Error('stopped');
    };
    const stopped = { throwIfCancelled: stop, progress: () => undefined };
    await expect(probeLayer(x, ranges.x, targets, {}, crew, stopped)).rejects.toThrow('stopped');
    await expect(codesToProbe(z, ranges.z, {}, 3, crew, stopped)).rejects.toThrow('stopped');
  });

  it('is the same where it was read while the layer before was probed, which is the same too', async () => {
    const [n, d, k] = [40, 3, 4];
    const data = [1, 2].map((seed) => randomCase(seed, n, d, k));
    const z = memoryRows('codes', data[0]!.z, n, k);
    const layers = data.map(({ x }, at) => memoryRows(`layer ${at}`, x, n, d));
    const options = { alphas: [1e-3, 0.3] };
    const alone = await Promise.all(layers.map(async (x) => probeArrays(x, z, options)));
    for (const by of [crew, shuffledCrew(2, 1), shuffledCrew(3, 2)]) {
      const ranges = await Promise.all(layers.map(async (x) => rangesOf(x, z)));
      const targets = await codesToProbe(z, ranges[0]!.z, options, d, by);
      const next = () => Promise.resolve({ x: layers[1]!, ranges: ranges[1]!.x });
      expect(await probeLayer(layers[0]!, ranges[0]!.x, targets, options, by, unwatched, next)).toEqual(alone[0]);
      const lost = rowSource(layers[1]!, () => Promise.reject(new Error('read again')));
      expect(await probeLayer(lost, ranges[1]!.x, targets, options, by)).toEqual(alone[1]);
    }
  });
});

describe('a layer that cannot be probed', () => {
  const [x, z] = sources(randomCase(1, 30, 3, 3), 30);
  const rows = (name: string, n: number, columns: number, fill = 0): RowSource =>
    memoryRows(name, new Float64Array(n * columns).fill(fill), n, columns);

  it.each([
    ['codes: no columns (got 0)', x, rows('codes', 30, 0), {}],
    ['codes: wrong number of rows (got 29); accepted: 30 rows, as layer has', x, rows('codes', 29, 3), {}],
    ['codes: too few rows (got 5); accepted: more rows than the 5 folds', rows('layer', 5, 2), rows('codes', 5, 2), {}],
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
    const attempt = probeArrays(layer, codes, { inSample: false, ...options });
    await expect(attempt).rejects.toThrow(InputError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('is refused where a value is not finite or not in its range, or the ranges are those of another matrix', async () => {
    const ranges = await rangesOf(x, z);
    const targets = await codesToProbe(z, ranges.z, {}, 3, crew);
    const spoilt = memoryRows(
      'layer',
      (await x.read(0, 30)).map((value, at) => (at === 31 ? NaN : value)),
      30,
      3,
    );
    await expect(probeLayer(spoilt, ranges.x, targets, {}, crew)).rejects.toThrow('layer, row 10, column 1: not a finite number (got "NaN")');
    const narrow = { min: ranges.x.min, max: ranges.x.max.map((most, channel) => (channel === 0 ? (most + ranges.x.min[0]!) / 2 : most)) };
    await expect(probeLayer(x, narrow, targets, {}, crew)).rejects.toThrow(/^layer, row \d+, column 0: is outside of the range that was given/);
    const short = { min: new Float64Array(2), max: new Float64Array(2) };
    await expect(codesToProbe(z, short, {}, 3, crew)).rejects.toThrow(
      'codes, min of its columns: wrong length (got 2); accepted: 3 values, one a column',
    );
    const wrong = { min: new Float64Array(3).fill(NaN), max: new Float64Array(3) };
    await expect(probeLayer(x, wrong, targets, {}, crew)).rejects.toThrow('range of column 0: is no range');
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
