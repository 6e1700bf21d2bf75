import {
  ablate,
  describeCodes,
  encodeCodes,
  fitDictionary,
  measureComplexity,
  measureFlow,
  measureImportance,
  measureLocality,
  measureOverTraining,
  relateScores,
  type Job,
} from '@fathom/analyses';
import type { ArtifactStore, Provenance, ShardRecord } from '@fathom/artifacts';
import { Prng } from '@fathom/exact';
import { sliceRows, type Json, type Tensor } from '@fathom/tensors';

/** Rows of the study: more than six blocks of digests, so that there can be seven shards. */
export const ROWS = 7000;
const CLASSES = 3;
const ATOMS = 12;
const WIDTHS = { early: 8, shortcut: 12, main: 12, last: 16 } as const;
/** Rows of what is wide: enough channels for systems of several leaves and for tiles of targets, and for a start by subspace iteration. */
const WIDE_ROWS = 420;
const WIDE = 140;
const WIDEST = 300;

/** What the study begins with, published as artifacts. */
export type Beginning = Record<'model' | 'activations' | 'before' | 'wide' | 'widest', string>;

/** A step of the study: a job, and its request given the content digests of what is there already. */
export interface PortableStep {
  readonly name: string;
  readonly job: Job<unknown>;
  readonly request: (of: (name: string) => { contentDigest: string }) => unknown;
}

const probe = { folds: 4, alphas: [1e-4, 1e-2], nullSeed: 3, bits: 16 };

/** Every PORTABLE job that needs no file, in an order in which each finds what it needs. */
export const STEPS: readonly PortableStep[] = [
  step('class-nmf', fitDictionary, (of) => ({ activations: of('activations'), classNmf: { atomsPerClass: ATOMS / CLASSES }, seed: 2 })),
  step('global-nmf', fitDictionary, (of) => ({ activations: of('activations'), globalNmf: { atoms: ATOMS }, seed: 2 })),
  step('k-means', fitDictionary, (of) => ({ activations: of('activations'), kMeans: { atoms: ATOMS }, seed: 2 })),
  step('codes', encodeCodes, (of) => ({ dictionary: of('class-nmf'), activations: of('activations') })),
  step('fidelity', describeCodes, (of) => decision(of)),
  step('complexity', measureComplexity, (of) => ({ activations: of('activations'), layers: [], codes: of('codes'), probe })),
  step('wide-basis', fitDictionary, (of) => ({ activations: of('wide'), neuronBasis: {}, seed: 2 })),
  step('wide-codes', encodeCodes, (of) => ({ dictionary: of('wide-basis'), activations: of('wide') })),
  step('wide-complexity', measureComplexity, (of) => ({ activations: of('wide'), layers: [], codes: of('wide-codes'), probe })),
  step('widest-nmf', fitDictionary, (of) => ({ activations: of('widest'), globalNmf: { atoms: 4 }, seed: 2 })),
  step('over-training', measureOverTraining, (of) => ({
    checkpoints: [
      { name: 'before', activations: of('before') },
      { name: 'last', activations: of('activations') },
    ],
    codes: of('codes'),
    complexity: of('complexity'),
    probe,
  })),
  step('flow', measureFlow, (of) => ({
    activations: of('activations'),
    codes: of('codes'),
    complexity: of('complexity'),
    probe: { ...probe, bits: 24 },
  })),
  step('importance', measureImportance, (of) => decision(of)),
  step('ablation', ablate, (of) => ({ ...decision(of), complexity: of('complexity'), importance: of('importance'), seed: 9, randomOrders: 4 })),
  step('locality', measureLocality, (of) => ({
    activations: of('activations'),
    codes: of('codes'),
    dictionary: of('class-nmf'),
    masking: { shares: [0.1, 0.5], masksPerShare: 4, seed: 5 },
    bits: 24,
  })),
  step('relations', relateScores, (of) => ({
    complexity: of('complexity'),
    importance: of('importance'),
    locality: of('locality'),
    sensitivity: null,
    overTraining: of('over-training'),
    bootstrapDraws: 200,
    permutationDraws: 200,
    seed: 2,
  })),
];

/**
 * Publishes what the study begins with: a model, the activations of its network, and those of a checkpoint before.
 * @param shards how many the activations are cut into; they are stored and handed over in an order drawn with `seed`
 */
export async function publishBeginning(artifacts: ArtifactStore, shards: number, seed: number): Promise<Beginning> {
  const model = await artifacts.publishTensors({ kind: 'model', attributes: {}, tensors: HEAD, provenance: PROVENANCE });
  const publish = async (attributes: Json, tensors: readonly Tensor[]): Promise<string> => {
    const records = await shuffledShards(artifacts, tensors, shards, seed);
    return artifacts.publish({ kind: 'activations', attributes, shards: records, provenance: PROVENANCE });
  };
  return {
    model,
    activations: await publish(facts(model, ROWS, ['early', 'main', 'last'], true), ACTIVATIONS),
    before: await publish(facts(model, ROWS, ['last'], false), BEFORE),
    wide: await publish(facts(model, WIDE_ROWS, ['last'], false), [layer('last', 'wide', WIDE, WIDE_ROWS)]),
    widest: await publish(facts(model, WIDE_ROWS, ['last'], false), [layer('last', 'widest', WIDEST, WIDE_ROWS)]),
  };
}

/** What activations say of themselves. */
function facts(model: string, count: number, taps: string[], hasBranches: boolean) {
  return {
    model,
    images: `sha256:${'b'.repeat(64)}`,
    rows: { first: 0, count },
    taps,
    penultimate: 'last',
    branches: hasBranches ? [{ tap: 'main', shortcut: 'shortcut', main: 'main' }] : [],
    pooling: 'mean',
    classes: CLASSES,
  };
}

/** Cuts tensors into shards at whole blocks of 1,024 rows, as even as that goes, and stores them in shuffled order. */
async function shuffledShards(artifacts: ArtifactStore, tensors: readonly Tensor[], most: number, seed: number): Promise<ShardRecord[]> {
  const rows = tensors[0]!.shape[0]!;
  const blocks = Math.ceil(rows / 1024);
  const shards = Math.min(most, blocks);
  const starts = Array.from({ length: shards }, (_, shard) => Math.floor((shard * blocks) / shards) * 1024);
  const records: ShardRecord[] = [];
  for (const shard of new Prng(seed, `order of ${shards} shards`).permutation(shards)) {
    const [start, end] = [starts[shard]!, starts[shard + 1] ?? rows];
    records.push(
      await artifacts.writeShard(
        start,
        tensors.map((tensor) => sliceRows(tensor, start, end)),
      ),
    );
  }
  return records;
}

function step<Request>(name: string, job: Job<Request>, request: PortableStep['request']): PortableStep {
  return { name, job: job, request };
}

function decision(of: Parameters<PortableStep['request']>[0]) {
  return { dictionary: of('class-nmf'), codes: of('codes'), activations: of('activations'), model: of('model') };
}

const PROVENANCE: Provenance = {
  job: 'test',
  requestDigest: '0'.repeat(64),
  request: {},
  inputs: [],
  codeVersion: '0',
  engine: null,
  determinism: 'PORTABLE',
};

/** Sparse features of rows; those of a row's own class are stronger. */
const FEATURES = features();
const ACTIVATIONS: readonly Tensor[] = [
  ...Object.entries(WIDTHS).map(([name, width]) => layer(name, name, width)),
  { name: 'labels', dtype: 'I32', shape: [ROWS], data: Int32Array.from({ length: ROWS }, (_, row) => classOf(row)) },
];
const BEFORE: readonly Tensor[] = [layer('last', 'before', WIDTHS.last)];
const HEAD: readonly Tensor[] = [matrix('W', [WIDTHS.last, CLASSES]), matrix('b', [CLASSES])];

function classOf(row: number): number {
  return (row * 7) % CLASSES;
}

function features(): Float64Array {
  const source = new Prng(11, 'features');
  return Float64Array.from({ length: ROWS * ATOMS }, (_, at) => {
    const own = (at % ATOMS) % CLASSES === classOf(Math.floor(at / ATOMS));
    return Math.max(0, source.gaussian() - (own ? 0 : 1));
  });
}

/** A layer that mixes the features with weights of its own and adds noise; what is below 0 is cut off. */
function layer(name: string, stream: string, width: number, rows = ROWS): Tensor {
  const weights = new Float64Array(ATOMS * width);
  new Prng(12, stream).fillGaussian(weights);
  const noise = new Prng(13, stream);
  const data = Float32Array.from({ length: rows * width }, (_, at) => {
    const [row, channel] = [Math.floor(at / width), at % width];
    let sum = noise.gaussian() / 4;
    for (let feature = 0; feature < ATOMS; feature++) sum += FEATURES[row * ATOMS + feature]! * weights[feature * width + channel]!;
    return Math.max(0, sum);
  });
  return { name, dtype: 'F32', shape: [rows, width], data };
}

function matrix(name: string, shape: readonly number[]): Tensor {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  new Prng(14, name).fillGaussian(data);
  return { name, dtype: 'F32', shape: [...shape], data };
}
