import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { columnMoments } from './column-moments.js';
import { columnRanges } from './column-ranges.js';
import { complexity } from './complexity.js';
import { expectWithin } from './expect-within.fixture.js';
import { expectClose, goldenCase } from './golden-case.fixture.js';
import { overTraining } from './over-training.js';
import { probeLayer, type LayerProbe } from './probe-layer.js';

const LAYERS = ['00_block', '01_block', '02_block', '03_block', '04_block'];
const CHECKPOINTS = ['00_epoch', '01_epoch', '02_epoch', '03_epoch'];

/** Features × layers, as the reference writes it. */
const byLayer = (rows: number[][], layer: number): number[] => rows.map((row) => row[layer]!);

/** By scikit-learn and NumPy: fixtures/make_flow.py. */
const { null95 } = JSON.parse(readFileSync(join(__dirname, '../fixtures/flow.json'), 'utf8')) as { null95: Record<'planted' | 'wide', number[]> };

describe.each(['planted', 'wide'] as const)('the golden case %s', (name) => {
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
    const options = { folds: config.folds, alphas: config.alphas, permutation, null: more, inSample: more };
    return probeLayer(x, z, options, { x: await columnRanges(x), z: await ranges });
  };
  const moments = async () => columnMoments(z, await ranges);
  const probes: LayerProbe[] = [];
  beforeAll(async () => {
    for (const layer of LAYERS) probes.push(await probe('layers', layer));
  });

  it('has the variance, prevalence and dead features of the reference', async () => {
    const { variance, prevalence, dead, live } = await moments();
    expectClose(variance, expected.variance);
    expectClose(prevalence, expected.prevalence);
    expect(dead).toBe(expected.dead);
    expect(live[live.length - 1]).toBe(0);
  });

  it('has its ridge strengths, R², null and in-sample R² at every layer', () => {
    expect(probes.map(({ alpha }) => alpha)).toEqual(expected.alpha);
    probes.forEach(({ r2, nullMean, null95: found95, r2InSample }, layer) => {
      expectWithin(r2, byLayer(expected.r2, layer), 1e-10);
      expectWithin([nullMean!], [expected.null_mean[layer]!], 1e-10);
      expectWithin([found95!], [null95[name][layer]!], 1e-10);
      expectClose(r2InSample!, byLayer(expected.r2_in_sample, layer));
    });
  });

  it('has its complexity', async () => {
    const found = complexity(probes, await moments());
    expectWithin(found.kStd, expected.k_std, 1e-10);
    expectWithin(found.kRaw, expected.k_raw, 1e-10);
    expectClose(found.kStdSe, expected.k_std_se);
    expectClose(found.depthHalf, expected.depth_half);
    expectClose(found.kPublished!, expected.k_published);
  });

  it('has its Λ over the checkpoints; without the last, K and Λ share nothing', async () => {
    const checkpoints: Float64Array[] = [];
    for (const checkpoint of CHECKPOINTS) checkpoints.push((await probe('checkpoints', checkpoint, false)).r2);
    const layers = probes.map(({ r2 }) => r2);
    const found = overTraining(checkpoints, layers, await moments());
    expectWithin(found.lambda, expected.lambda, 1e-10);
    expectWithin(found.lambdaRaw, expected.lambda_raw, 1e-10);
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
  const moments = await columnMoments(z, ranges);
  const probes: LayerProbe[] = [];
  for (const layer of LAYERS) {
    const x = golden.rows('layers', layer);
    probes.push(await probeLayer(x, z, { null: false, inSample: false }, { x: await columnRanges(x), z: ranges }));
  }
  const { kStd } = complexity(probes, moments);
  born.forEach((layer, j) => {
    if (moments.live[j] === 1) expect(Math.abs(kStd[j]! - layer / 5)).toBeLessThan(0.1);
    else expect(kStd[j]).toBe(1);
  });
});
