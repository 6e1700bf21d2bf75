import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { columnMoments } from './column-moments.js';
import { columnRanges } from './column-ranges.js';
import { complexity } from './complexity.js';
import { crew } from './crews.fixture.js';
import { expectWithin } from './expect-within.fixture.js';
import { expectClose, goldenCase } from './golden-case.fixture.js';
import { overTraining } from './over-training.js';
import { probeArrays } from './probe-arrays.fixture.js';
import type { LayerProbe } from './probe-layer.js';

const LAYERS = ['00_block', '01_block', '02_block', '03_block', '04_block'];
const CHECKPOINTS = ['00_epoch', '01_epoch', '02_epoch', '03_epoch'];

/** Features × layers, as the reference writes it. */
const byLayer = (rows: number[][], layer: number): number[] => rows.map((row) => row[layer]!);

/** By scikit-learn and NumPy: fixtures/make_flow.py. */
const { null95 } = JSON.parse(readFileSync(join(__dirname, '../fixtures/flow.json'), 'utf8')) as { null95: Record<'planted' | 'wide', number[]> };

/** Every number within so much of the expected one, measured by the largest of them. */
function expectNear(actual: ArrayLike<number>, expected: readonly number[], near: number): void {
  expectWithin(actual, expected, near * Math.max(1, ...expected.map(Math.abs)));
}

describe.each([
  ['planted', 16, 1e-4],
  ['planted', 24, 1e-6],
  ['wide', 16, 1e-4],
  ['wide', 24, 1e-6],
] as const)('the golden case %s, with %i bits', (name, bits, near) => {
  const golden = goldenCase(name);
  const { expected } = golden;
  const config = JSON.parse(readFileSync(join(__dirname, '../golden', name, 'case.json'), 'utf8')) as {
    folds: number;
    alphas: number[];
    born: number[];
  };
  const z = golden.rows('codes', 'z');
  const ranges = columnRanges(z);
  const probe = async (file: string, tensor: string, more = true): Promise<LayerProbe> => {
    const x = golden.rows(file, tensor);
    const permutation = golden.array('rows', 'permutation').values;
    return probeArrays(x, z, { folds: config.folds, alphas: config.alphas, permutation, null: more, inSample: more, bits });
  };
  const moments = async () => columnMoments(z, await ranges, bits, crew);
  const probes: LayerProbe[] = [];
  beforeAll(async () => {
    for (const layer of LAYERS) probes.push(await probe('layers', layer));
  });

  it('has the variance, prevalence and dead features of the reference', async () => {
    const { variance, prevalence, dead, live } = await moments();
    expectClose(variance, expected.variance, near);
    expect([...prevalence]).toEqual(expected.prevalence);
    expect(dead).toBe(expected.dead);
    expect(live[live.length - 1]).toBe(0);
  });

  it('has its ridge strengths, R², null and in-sample R² at every layer', () => {
    expect(probes.map(({ alpha }) => alpha)).toEqual(expected.alpha);
    probes.forEach(({ r2, nullMean, null95: found95, r2InSample }, layer) => {
      expectWithin(r2, byLayer(expected.r2, layer), near);
      expectWithin([nullMean!], [expected.null_mean[layer]!], near);
      expectWithin([found95!], [null95[name][layer]!], near);
      expectWithin(r2InSample!, byLayer(expected.r2_in_sample, layer), near);
    });
  });

  it('has R² within a tenth of that on average', () => {
    const gaps = probes.flatMap(({ r2 }, layer) => byLayer(expected.r2, layer).map((wanted, j) => Math.abs(wanted - r2[j]!)));
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeLessThan(near / 10);
  });

  it('has its complexity', async () => {
    const found = complexity(probes, await moments());
    expectWithin(found.kStd, expected.k_std, near);
    expectNear(found.kRaw, expected.k_raw, near);
    expectWithin(found.kStdSe, expected.k_std_se, near);
    expectNear(found.depthHalf, expected.depth_half, near);
    expectNear(found.kPublished!, expected.k_published, near);
  });

  // The same with 24 bits is looked at where an engine is at hand: cli/src/score.spec.ts.
  if (bits === 16)
    it('has its Λ over the checkpoints; without the last, K and Λ share nothing', async () => {
      const checkpoints: Float64Array[] = [];
      for (const checkpoint of CHECKPOINTS) checkpoints.push((await probe('checkpoints', checkpoint, false)).r2);
      const layers = probes.map(({ r2 }) => r2);
      const found = overTraining(checkpoints, layers, await moments());
      expectWithin(found.lambda, expected.lambda, near);
      expectNear(found.lambdaRaw, expected.lambda_raw, near);
      expectWithin(checkpoints[3]!, layers[4]!, 0);
      expectWithin(
        found.lambdaUnshared!,
        found.lambda.map((value, j) => (4 * value - 1 + checkpoints[3]![j]!) / 3),
        1e-12,
      );
      expectWithin(found.kStdUnshared!, complexity(probes.slice(0, 4), await moments()).kStd, 0);
    });
});

it('finds the layers at which features were planted', async () => {
  const golden = goldenCase('planted');
  const { born } = JSON.parse(readFileSync(join(__dirname, '../golden/planted/case.json'), 'utf8')) as { born: number[] };
  const z = golden.rows('codes', 'z');
  const ranges = await columnRanges(z);
  const moments = await columnMoments(z, ranges, 16, crew);
  const probes: LayerProbe[] = [];
  for (const layer of LAYERS) {
    const x = golden.rows('layers', layer);
    probes.push(await probeArrays(x, z, { null: false, inSample: false }));
  }
  const { kStd } = complexity(probes, moments);
  born.forEach((layer, j) => {
    if (moments.live[j] === 1) expect(Math.abs(kStd[j]! - layer / 5)).toBeLessThan(0.1);
    else expect(kStd[j]).toBe(1);
  });
});
