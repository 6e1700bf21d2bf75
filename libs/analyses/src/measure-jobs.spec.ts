import { ArtifactStore, type Artifact } from '@fathom/artifacts';
import { inlineCrew, Prng, referenceEngine } from '@fathom/exact';
import {
  ablation,
  ablationOrders,
  branchReading,
  centredProducts,
  cka,
  ckaPublished,
  codesToProbe,
  columnMoments,
  columnRanges,
  complexity,
  extremeFeatures,
  hoyer,
  importance,
  overTraining,
  probeLayer,
  redundancy,
  relations,
  seededMasks,
} from '@fathom/measures';
import { memoryStore } from '@fathom/store';
import { memoryRows, type Tensor } from '@fathom/tensors';
import { describeCodes } from './describe-codes.js';
import { measureComplexity } from './measure-complexity.js';
import { measureFlow } from './measure-flow.js';
import { ablate, measureImportance } from './measure-importance.js';
import { measureLocality } from './measure-locality.js';
import { measureOverTraining } from './measure-over-training.js';
import { relateScores } from './relate-scores.js';
import { put, runHere, values } from './run-here.fixture.js';

type Ref = { contentDigest: string };

// More rows than one shard of a job's part, and features enough for relations.
const [N, D, K, C] = [1500, 12, 16, 3];
const artifacts = new ArtifactStore(memoryStore());

/** Float32 values that a store keeps as they are. */
function noise(rows: number, columns: number, stream: string): Float32Array {
  const source = new Prng(7, stream);
  return Float32Array.from({ length: rows * columns }, () => Math.max(0, source.gaussian()));
}

const layers = { early: noise(N, D, 'early'), late: noise(N, D, 'late'), last: noise(N, D, 'last') };
const before = noise(N, D, 'before');
const codes = noise(N, K, 'codes');
// Features 0 to 7 can be read in the last layer, feature 3 in the early one too, and feature 5 is dead.
for (let i = 0; i < N; i++) {
  for (let j = 0; j < 8; j++) codes[i * K + j] = Math.fround(layers.last[i * D + j]! + codes[i * K + j]! / 8);
  codes[i * K + 3]! += layers.early[i * D]!;
  codes[i * K + 5] = 0.5;
}
const labels = Int32Array.from({ length: N }, (_, i) => (i * 7) % C);
const dictionary = Float64Array.from({ length: K * D }, (_, i) => (Math.floor(i / D) % D === i % D ? 1 : 0));
const head = { W: noise(D, C, 'W'), b: noise(1, C, 'b') };
const rows = (name: keyof typeof layers) => memoryRows(name, Float64Array.from(layers[name]), N, D);
const earlier = () => memoryRows('last', Float64Array.from(before), N, D);
const z = () => memoryRows('z', Float64Array.from(codes), N, K);
const tensor = (name: string, shape: number[], data: Float32Array): Tensor => ({ name, dtype: 'F32', shape, data });
const probe = { folds: 4, alphas: [1e-4, 1e-2], nullSeed: 3, withoutPublished: false, bits: 24 };
const options = { folds: 4, alphas: [1e-4, 1e-2], nullSeed: 3, bits: 24 } as const;
const crew = inlineCrew(referenceEngine);

let activations: Ref;
let first: Ref;
let coded: Ref;
let atoms: Ref;
let model: Ref;
const made: Record<string, Artifact> = {};
const ref = (name: string): Ref => ({ contentDigest: made[name]!.digest });

beforeAll(async () => {
  const images = `sha256:${'b'.repeat(64)}`;
  model = await put(artifacts, 'model', {}, [tensor('W', [D, C], head.W), tensor('b', [C], head.b)]);
  const attributes = {
    model: model.contentDigest,
    images,
    rows: { first: 0, count: N },
    taps: ['early', 'last'],
    penultimate: 'last',
    branches: [{ tap: 'last', shortcut: 'early', main: 'late' }],
    pooling: 'mean',
    classes: C,
  };
  const tensors = Object.entries(layers).map(([name, data]) => tensor(name, [N, D], data));
  activations = await put(artifacts, 'activations', attributes, [...tensors, { name: 'labels', dtype: 'I32', shape: [N], data: labels }]);
  first = await put(artifacts, 'activations', { ...attributes, taps: ['last'], branches: [] }, [tensor('last', [N, D], before)]);
  coded = await put(artifacts, 'codes', { images, rows: { first: 0, count: N }, worst_kkt_residual: 0 }, [tensor('z', [N, K], codes)]);
  atoms = await put(artifacts, 'dictionary', {}, [{ name: 'D', dtype: 'F64', shape: [K, D], data: dictionary }]);
  made['complexity'] = await runHere(artifacts, measureComplexity, { activations, layers: [], codes: coded, probe });
  made['importance'] = await runHere(artifacts, measureImportance, { activations, codes: coded, dictionary: atoms, model });
  made['locality'] = await runHere(artifacts, measureLocality, {
    activations,
    codes: coded,
    dictionary: atoms,
    masking: { shares: [0.5], masksPerShare: 3, seed: 5 },
    bits: 24,
  });
  const checkpoints = [
    { name: 'first', activations: first },
    { name: 'last', activations },
  ];
  made['training'] = await runHere(artifacts, measureOverTraining, { checkpoints, codes: coded, complexity: ref('complexity'), probe });
});

const rangesOf = async (x: ReturnType<typeof rows>) => ({ x: await columnRanges(x), z: await columnRanges(z()) });
const probeOf = async (x: ReturnType<typeof rows>, more: object = {}) => {
  const ranges = await rangesOf(x);
  return probeLayer(x, ranges.x, await codesToProbe(z(), ranges.z, { ...options, ...more }, D, crew), { ...options, ...more }, crew);
};
const momentsOf = async () => columnMoments(z(), await columnRanges(z()), 24, crew);
const decision = () => ({ a: rows('last'), z: z(), D: dictionary, W: Float64Array.from(head.W), b: Float64Array.from(head.b), labels });

describe('what a job makes of artifacts is what the measure makes of the same arrays:', () => {
  it('complexity', async () => {
    const probes = [await probeOf(rows('early')), await probeOf(rows('last'))];
    const moments = await momentsOf();
    const scores = complexity(probes, moments);
    const artifact = made['complexity']!;
    for (const [name, wanted] of [
      ['k_std', scores.kStd],
      ['k_std_se', scores.kStdSe],
      ['k_raw', scores.kRaw],
      ['depth_half', scores.depthHalf],
      ['k_published', scores.kPublished!],
      ['variance', moments.variance],
      ['prevalence', moments.prevalence],
      ['live', moments.live],
    ] as const)
      expect([name, await values(artifact, name)]).toEqual([name, [...wanted]]);
    expect(await values(artifact, 'r2')).toEqual([...probes[0]!.r2].flatMap((r2, j) => [r2, probes[1]!.r2[j]]));
    expect(artifact.attributes).toMatchObject({
      layers: ['early', 'last'],
      alpha: probes.map(({ alpha }) => alpha),
      null_mean: probes.map(({ nullMean }) => nullMean),
      dead: 1,
    });
    expect(scores.kStd[5]).toBe(1);
  });

  it('over training', async () => {
    const layered = [await probeOf(rows('early')), await probeOf(rows('last'))].map(({ r2 }) => r2);
    const { r2 } = await probeOf(earlier(), { null: false, inSample: false });
    const wanted = overTraining([r2, layered[1]!], layered, await momentsOf());
    const artifact = made['training']!;
    expect(await values(artifact, 'lambda')).toEqual([...wanted.lambda]);
    expect(await values(artifact, 'lambda_raw')).toEqual([...wanted.lambdaRaw]);
    expect(await values(artifact, 'lambda_unshared')).toEqual([...wanted.lambdaUnshared!]);
    expect(await values(artifact, 'k_unshared')).toEqual([...wanted.kStdUnshared!]);
    expect(artifact.attributes).toMatchObject({ checkpoints: ['first', 'last'] });
  });

  it('flow', async () => {
    const artifact = await runHere(artifacts, measureFlow, { activations, codes: coded, complexity: ref('complexity'), probe });
    const kStd = Float64Array.from(await values(made['complexity']!, 'k_std'));
    const { simplest, mostComplex } = extremeFeatures(kStd, (await momentsOf()).live);
    expect(await values(artifact, 'simplest')).toEqual([...simplest]);
    expect(await values(artifact, 'most_complex')).toEqual([...mostComplex]);
    expect([...simplest, ...mostComplex]).not.toContain(5);
    for (const [branch, layer] of [
      ['shortcut', 'early'],
      ['main', 'late'],
    ] as const) {
      for (const [group, features] of [
        ['simplest', simplest],
        ['most_complex', mostComplex],
      ] as const) {
        const wanted = await branchReading(rows(layer), z(), Uint32Array.from(features), options, await rangesOf(rows(layer)), crew);
        expect(await values(artifact, `${group}_${branch}_cka`)).toEqual([...wanted.cka]);
        if (group === 'simplest') expect((await values(artifact, `${group}_${branch}_r2`)).length).toBe(features.length);
      }
      const both = await branchReading(rows(layer), z(), Uint32Array.from([...simplest, ...mostComplex]), options, await rangesOf(rows(layer)), crew);
      expect([...(await values(artifact, `simplest_${branch}_r2`)), ...(await values(artifact, `most_complex_${branch}_r2`))]).toEqual([...both.r2]);
    }
  });

  it('importance, ablation and fidelity', async () => {
    const wanted = await importance(decision(), await rangesOf(rows('last')), crew);
    expect(await values(made['importance']!, 'importance')).toEqual([...wanted.importance]);
    expect(await values(made['importance']!, 'importance_signed')).toEqual([...wanted.signed]);
    expect(made['importance']!.attributes).toEqual({
      prediction_agreement: wanted.predictionAgreement,
      reconstruction_r2: wanted.reconstructionR2,
      accuracy: wanted.accuracy,
    });
    const fidelity = await runHere(artifacts, describeCodes, { dictionary: atoms, codes: coded, activations, model });
    expect(fidelity.attributes).toMatchObject({ dead: 1, zero_atoms: 0, atoms: K, prediction_agreement: wanted.predictionAgreement });
    const kStd = Float64Array.from(await values(made['complexity']!, 'k_std'));
    const orders = ablationOrders(kStd, wanted.importance, (await momentsOf()).live, { seed: 9, draws: 4 });
    const curves = await ablation(decision(), orders, crew);
    const artifact = await runHere(artifacts, ablate, {
      activations,
      codes: coded,
      dictionary: atoms,
      model,
      complexity: ref('complexity'),
      importance: ref('importance'),
      seed: 9,
      randomOrders: 4,
    });
    expect(Object.keys(artifact.tensors).sort()).toEqual(Object.keys(curves).sort());
    for (const [name, curve] of Object.entries(curves)) expect(await values(artifact, name)).toEqual([...curve]);
  });

  it('locality', async () => {
    const products = await centredProducts(rows('last'), z(), await rangesOf(rows('last')), 24, crew);
    const { masks } = seededMasks(D, 5, { shares: [0.5], perShare: 3 });
    expect(await values(made['locality']!, 'redundancy')).toEqual([...(await redundancy(products, masks, crew))]);
    expect(await values(made['locality']!, 'cka_penultimate')).toEqual([...cka(products)]);
    expect(await values(made['locality']!, 'cka_published')).toEqual([...(await ckaPublished(products, crew))]);
    expect(await values(made['locality']!, 'hoyer')).toEqual([...hoyer(dictionary, K, D)]);
  });

  it('relations, with what there is', async () => {
    const draws = { seed: 2, bootstrapDraws: 100, permutationDraws: 100 };
    const request = {
      complexity: ref('complexity'),
      importance: ref('importance'),
      locality: ref('locality'),
      sensitivity: null,
      overTraining: ref('training'),
      ...draws,
    };
    const artifact = await runHere(artifacts, relateScores, request);
    const column = async (from: string, name: string): Promise<number[]> => values(made[from]!, name);
    const scores = {
      k_std: await column('complexity', 'k_std'),
      k_raw: await column('complexity', 'k_raw'),
      prevalence: await column('complexity', 'prevalence'),
      variance: await column('complexity', 'variance'),
      importance: await column('importance', 'importance'),
      importance_signed: await column('importance', 'importance_signed'),
      redundancy: await column('locality', 'redundancy'),
      hoyer: await column('locality', 'hoyer'),
      lambda: await column('training', 'lambda'),
    };
    const wanted = relations(scores, { ...draws, live: await column('complexity', 'live') });
    const { relations: found } = artifact.attributes as { relations: { measure: string; other: string; rho: number; p: number; partial: number }[] };
    for (const [pair, { rho, p, partial }] of Object.entries(wanted))
      expect(found.find(({ measure, other }) => `${measure}~${other}` === pair)).toMatchObject({ rho, p, partial });
    expect(found.map(({ measure, other }) => `${measure}~${other}`)).toContain('k_unshared~lambda_unshared');
    const least = await runHere(artifacts, relateScores, { ...request, locality: null, overTraining: null });
    const others = (least.attributes as { relations: { other: string }[] }).relations.map(({ other }) => other);
    expect(new Set(others)).toEqual(new Set(['importance', 'abs_importance_signed']));
  });
});
