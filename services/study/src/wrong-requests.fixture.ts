import {
  ActivationClient,
  ArtifactClient,
  ComplexityClient,
  DictionaryClient,
  ImportanceClient,
  OperationsClient,
  RobustnessClient,
  StudyClient,
  type study,
} from '@fathom/contracts';
import { join } from 'node:path';
import { networkPath, PREPROCESSING, type IdxPaths } from './small-material.fixture.js';
import type { Ref } from './stand-in-artifacts.fixture.js';

/** A client of each service. */
export const CLIENTS = {
  ActivationClient,
  ArtifactClient,
  ComplexityClient,
  DictionaryClient,
  ImportanceClient,
  OperationsClient,
  RobustnessClient,
  StudyClient,
};

/** What the requests of the table are made of: the artifacts of a small study, and some that do not fit. */
export interface Given {
  readonly model: Ref;
  readonly otherModel: Ref;
  readonly images: Ref;
  readonly activations: Ref;
  readonly codes: Ref;
  readonly dictionary: Ref;
  readonly complexity: Ref;
  readonly importance: Ref;
  readonly narrow: Ref;
  readonly few: Ref;
  readonly fewCodes: Ref;
  readonly otherCodes: Ref;
  readonly shiftedCodes: Ref;
  readonly negative: Ref;
  readonly classless: Ref;
  readonly unlabelled: Ref;
  readonly overlabelled: Ref;
  readonly twoFeatures: Ref;
  readonly twoImportance: Ref;
  readonly spec: study.StudySpec;
  readonly folder: string;
  readonly idx: IdxPaths;
}

const NOWHERE: Ref = { contentDigest: `sha256:${'9'.repeat(64)}` };
const NMF = { $case: 'classNmf', value: { atomsPerClass: 2 } } as const;

/** One wrong request. */
export type Row = readonly [title: string, client: keyof typeof CLIENTS, method: string, request: (given: Given) => object, field: string | RegExp];

const fit = (given: Given, change: object) => ({ activations: given.few, tensor: '', model: undefined, method: NMF, seed: 0, ...change });
const decision = ({ activations, codes, dictionary, model }: Given, change: object) => ({
  activations,
  codes,
  dictionary,
  model,
  bits: 0,
  ...change,
});
const measure = ({ activations, codes }: Given, change: object) => ({ activations, layers: [], codes, probe: undefined, ...change });
const noise = ({ model, images, dictionary, codes }: Given, change: object) => ({
  model,
  images,
  rows: { first: 0, count: 2 },
  dictionary,
  codes,
  noise: { sigmas: [], draws: 2, seed: 0 },
  ...change,
});
const training = ({ activations, codes, complexity }: Given, change: object) => ({
  checkpoints: [
    { name: 'a', activations },
    { name: 'b', activations },
  ],
  codes,
  complexity,
  probe: undefined,
  ...change,
});
/** A request to extract, with a change. */
export const extract = ({ model, images }: Given, change: object) => ({
  model,
  images,
  rows: undefined,
  taps: [],
  branches: false,
  pooling: 1,
  ...change,
});
/** A request to register a network, with a change. */
export const register = (change: object) => ({ path: networkPath('epoch-15'), name: 'n', preprocessing: PREPROCESSING, taps: [], ...change });
const idx = ({ idx: { images, labels } }: Given, change: object) => ({
  name: 'i',
  source: { $case: 'idx', value: { imagesPath: images, labelsPath: labels, classNames: [], ...change } },
});
const spec = (given: Given, change: object) => ({ spec: { ...given.spec, ...change } });

/** Requests that are wrong, and the field that is named. */
export const WRONG: readonly Row[] = [
  ['a network without a name', 'ActivationClient', 'registerModel', () => register({ name: '' }), 'name'],
  ['no preprocessing', 'ActivationClient', 'registerModel', () => register({ preprocessing: undefined }), 'preprocessing'],
  [
    'an unknown channel order',
    'ActivationClient',
    'registerModel',
    () => register({ preprocessing: { ...PREPROCESSING, channelOrder: 9 } }),
    'preprocessing.channel_order',
  ],
  [
    'images of another size than the network takes',
    'ActivationClient',
    'registerModel',
    () => register({ preprocessing: { ...PREPROCESSING, width: 20 } }),
    /width|preprocessing/,
  ],
  ['no path', 'ActivationClient', 'registerModel', () => register({ path: '' }), 'path'],
  ['a path outside the input roots', 'ActivationClient', 'registerModel', () => register({ path: '/etc/hostname' }), 'path'],
  ['a path outside that does not exist', 'ActivationClient', 'registerModel', () => register({ path: '/etc/no-such-file' }), 'path'],
  ['a path that climbs out', 'ActivationClient', 'registerModel', ({ folder }) => register({ path: `${folder}/../../etc/hostname` }), 'path'],
  ['a link that leads out', 'ActivationClient', 'registerModel', ({ folder }) => register({ path: join(folder, 'escape.onnx') }), 'path'],
  ['a folder for a network', 'ActivationClient', 'registerModel', ({ folder }) => register({ path: join(folder, 'folder.onnx') }), 'folder.onnx'],
  ['taps that the network does not have', 'ActivationClient', 'registerModel', () => register({ taps: ['nowhere'] }), /tap/],
  ['no reference to a network', 'ActivationClient', 'describeModel', () => ({ model: undefined }), 'model.content_digest'],
  ['a reference that is none', 'ActivationClient', 'describeModel', () => ({ model: { contentDigest: 'abc' } }), 'model.content_digest'],
  ['an artifact of another kind', 'ActivationClient', 'describeModel', ({ images }) => ({ model: images }), 'model'],
  ['images without a source', 'ActivationClient', 'startRegisterImages', () => ({ name: 'i', source: undefined }), 'source'],
  ['images without a name', 'ActivationClient', 'startRegisterImages', (given) => ({ ...idx(given, {}), name: '' }), 'name'],
  [
    'images outside the input roots',
    'ActivationClient',
    'startRegisterImages',
    (given) => idx(given, { imagesPath: '/etc/hostname' }),
    'idx.images_path',
  ],
  [
    'labels outside the input roots',
    'ActivationClient',
    'startRegisterImages',
    (given) => idx(given, { labelsPath: '/etc/hostname' }),
    'idx.labels_path',
  ],
  [
    'a file that is shorter than it says',
    'ActivationClient',
    'startRegisterImages',
    (given) => idx(given, { imagesPath: join(given.folder, 'lying') }),
    /lying/,
  ],
  [
    'a class without images',
    'ActivationClient',
    'startRegisterImages',
    ({ folder }) => ({
      name: 'i',
      source: {
        $case: 'folder',
        value: { path: join(folder, 'classes'), gray: true, resizeWidth: 0, resizeHeight: 0, skipBad: false, resizeFit: 0 },
      },
    }),
    /empty/,
  ],
  ['rows outside the images', 'ActivationClient', 'startExtract', (given) => extract(given, { rows: { first: 290, count: 20 } }), 'rows'],
  ['a first row behind the last', 'ActivationClient', 'startExtract', (given) => extract(given, { rows: { first: 300, count: 0 } }), 'rows'],
  ['an unknown pooling', 'ActivationClient', 'startExtract', (given) => extract(given, { pooling: 77 }), 'pooling'],
  ['a tap that is no tensor', 'ActivationClient', 'startExtract', (given) => extract(given, { taps: ['nowhere'] }), /tap/],
  ['a network for images', 'ActivationClient', 'startExtract', (given) => extract(given, { images: given.model }), 'images'],
  ['no method', 'DictionaryClient', 'startFit', (given) => fit(given, { method: undefined }), 'method'],
  [
    'no atoms',
    'DictionaryClient',
    'startFit',
    (given) => fit(given, { method: { $case: 'classNmf', value: { atomsPerClass: 0 } } }),
    'class_nmf.atoms_per_class',
  ],
  [
    'too many atoms',
    'DictionaryClient',
    'startFit',
    (given) => fit(given, { method: { $case: 'globalNmf', value: { atoms: 70_000 } } }),
    'global_nmf.atoms',
  ],
  [
    'no directions',
    'DictionaryClient',
    'startFit',
    (given) => fit(given, { method: { $case: 'randomDirections', value: { atoms: 0 } } }),
    'random_directions.atoms',
  ],
  [
    'bits that there are not',
    'ComplexityClient',
    'startMeasure',
    (given) => measure(given, { probe: { folds: 0, alphas: [], nullSeed: 0, withoutPublished: false, bits: 32 } }),
    'probe.bits',
  ],
  ['a layer that was not extracted', 'DictionaryClient', 'startFit', (given) => fit(given, { tensor: 'nowhere' }), 'tensor'],
  ['negative activations', 'DictionaryClient', 'startFit', (given) => fit(given, { activations: given.negative }), /last.*row 7.*2/],
  ['a class without rows', 'DictionaryClient', 'startFit', (given) => fit(given, { activations: given.classless }), 'class 1'],
  ['no labels and no network', 'DictionaryClient', 'startFit', (given) => fit(given, { activations: given.unlabelled }), 'model'],
  [
    'a network of other classes',
    'DictionaryClient',
    'startFit',
    (given) => fit(given, { activations: given.unlabelled, model: given.model }),
    'model',
  ],
  ['a label without a class', 'DictionaryClient', 'startFit', (given) => fit(given, { activations: given.overlabelled }), 'activations'],
  [
    'a network reference that is none',
    'DictionaryClient',
    'startFit',
    (given) => fit(given, { model: { contentDigest: 'x' } }),
    'model.content_digest',
  ],
  [
    'atoms of another width',
    'DictionaryClient',
    'startEncode',
    ({ narrow, activations }) => ({ dictionary: narrow, activations, tensor: '' }),
    'activations',
  ],
  [
    'codes for a dictionary',
    'DictionaryClient',
    'startEncode',
    ({ codes, activations }) => ({ dictionary: codes, activations, tensor: '' }),
    'dictionary',
  ],
  [
    'no dictionary',
    'DictionaryClient',
    'startEncode',
    ({ activations }) => ({ dictionary: undefined, activations, tensor: '' }),
    'dictionary.content_digest',
  ],
  ['no codes to describe', 'DictionaryClient', 'startDescribe', (given) => decision(given, { codes: undefined }), 'codes.content_digest'],
  ['codes of other images', 'DictionaryClient', 'startDescribe', (given) => decision(given, { codes: given.otherCodes }), 'codes'],
  [
    'too few folds',
    'ComplexityClient',
    'startMeasure',
    (given) => measure(given, { probe: { folds: 2, alphas: [], nullSeed: 0, withoutPublished: false, bits: 0 } }),
    'probe.folds',
  ],
  [
    'falling alphas',
    'ComplexityClient',
    'startMeasure',
    (given) => measure(given, { probe: { folds: 0, alphas: [1, 0.1], nullSeed: 0, withoutPublished: false, bits: 0 } }),
    'probe.alphas',
  ],
  ['a layer that was not extracted', 'ComplexityClient', 'startMeasure', (given) => measure(given, { layers: ['nowhere'] }), 'layers[0]'],
  ['codes of fewer rows', 'ComplexityClient', 'startMeasure', (given) => measure(given, { codes: given.fewCodes }), 'codes'],
  ['codes of other rows of the same images', 'ComplexityClient', 'startMeasure', (given) => measure(given, { codes: given.shiftedCodes }), 'codes'],
  [
    'no more rows than channels, with the published variant',
    'ComplexityClient',
    'startMeasure',
    ({ few, fewCodes }) => measure({} as Given, { activations: few, codes: fewCodes }),
    /last/,
  ],
  [
    'no more rows than folds',
    'ComplexityClient',
    'startMeasure',
    ({ few, fewCodes }) =>
      measure({} as Given, { activations: few, codes: fewCodes, probe: { folds: 20, alphas: [], nullSeed: 0, withoutPublished: true, bits: 0 } }),
    /^codes .*: z$/,
  ],
  [
    'one checkpoint',
    'ComplexityClient',
    'startMeasureOverTraining',
    (given) => training(given, { checkpoints: [{ name: 'a', activations: given.activations }] }),
    'checkpoints',
  ],
  [
    'a checkpoint without activations',
    'ComplexityClient',
    'startMeasureOverTraining',
    (given) =>
      training(given, {
        checkpoints: [
          { name: 'a', activations: given.activations },
          { name: 'b', activations: undefined },
        ],
      }),
    'checkpoints[1].activations.content_digest',
  ],
  [
    'a last checkpoint of another kind',
    'ComplexityClient',
    'startMeasureOverTraining',
    (given) =>
      training(given, {
        checkpoints: [
          { name: 'a', activations: given.activations },
          { name: 'b', activations: given.images },
        ],
      }),
    'checkpoints[1].activations',
  ],
  [
    'the complexity of other features',
    'ComplexityClient',
    'startMeasureOverTraining',
    (given) => training(given, { complexity: given.twoFeatures }),
    'complexity',
  ],
  [
    'activations without branches',
    'ComplexityClient',
    'startMeasureFlow',
    ({ few, fewCodes, twoFeatures }) => ({ activations: few, codes: fewCodes, complexity: twoFeatures, probe: undefined }),
    'activations',
  ],
  [
    'the complexity of other features',
    'ComplexityClient',
    'startMeasureFlow',
    ({ activations, codes, twoFeatures }) => ({ activations, codes, complexity: twoFeatures, probe: undefined }),
    'complexity',
  ],
  ['the head of another network', 'ImportanceClient', 'startMeasure', (given) => decision(given, { model: given.otherModel }), 'model'],
  ['atoms of another width', 'ImportanceClient', 'startMeasure', (given) => decision(given, { dictionary: given.narrow }), 'dictionary'],
  ['no activations', 'ImportanceClient', 'startMeasure', (given) => decision(given, { activations: undefined }), 'activations.content_digest'],
  [
    'too many random orders',
    'ImportanceClient',
    'startAblate',
    (given) => ({ ...decision(given, {}), complexity: given.complexity, importance: given.importance, seed: 0, randomOrders: 1001 }),
    'random_orders',
  ],
  [
    'the complexity of other features',
    'ImportanceClient',
    'startAblate',
    (given) => ({ ...decision(given, {}), complexity: given.twoFeatures, importance: given.importance, seed: 0, randomOrders: 0 }),
    'complexity',
  ],
  [
    'the importance of other features',
    'ImportanceClient',
    'startAblate',
    (given) => ({ ...decision(given, {}), complexity: given.complexity, importance: given.twoImportance, seed: 0, randomOrders: 0 }),
    'importance',
  ],
  [
    'a strength that is not above 0',
    'RobustnessClient',
    'startMeasureSensitivity',
    (given) => noise(given, { noise: { sigmas: [0], draws: 2, seed: 0 } }),
    'noise.sigmas',
  ],
  ['one draw', 'RobustnessClient', 'startMeasureSensitivity', (given) => noise(given, { noise: { sigmas: [], draws: 1, seed: 0 } }), 'noise.draws'],
  ['rows outside the images', 'RobustnessClient', 'startMeasureSensitivity', (given) => noise(given, { rows: { first: 299, count: 2 } }), 'rows'],
  ['atoms of another width', 'RobustnessClient', 'startMeasureSensitivity', (given) => noise(given, { dictionary: given.narrow }), 'dictionary'],
  ['codes of another dictionary', 'RobustnessClient', 'startMeasureSensitivity', (given) => noise(given, { codes: given.otherCodes }), 'codes'],
  [
    'a share of all channels',
    'RobustnessClient',
    'startMeasureLocality',
    (given) => decision(given, { masking: { shares: [1], masksPerShare: 0, seed: 0 } }),
    'masking.shares',
  ],
  [
    'too many masks',
    'RobustnessClient',
    'startMeasureLocality',
    (given) => decision(given, { masking: { shares: [], masksPerShare: 10_001, seed: 0 } }),
    'masking.masks_per_share',
  ],
  ['bits of locality that there are not', 'RobustnessClient', 'startMeasureLocality', (given) => decision(given, { bits: 8 }), 'bits'],
  [
    'atoms of another width',
    'RobustnessClient',
    'startMeasureLocality',
    (given) => decision(given, { dictionary: given.narrow, masking: undefined }),
    'dictionary',
  ],
  ['no spec', 'StudyClient', 'startStudy', () => ({ spec: undefined }), 'spec'],
  ['a study without a name', 'StudyClient', 'startStudy', (given) => spec(given, { name: '' }), 'spec.name'],
  ['a study of no network', 'StudyClient', 'startStudy', (given) => spec(given, { checkpoints: [] }), 'spec.checkpoints'],
  [
    'two networks of one name',
    'StudyClient',
    'startStudy',
    (given) => spec(given, { checkpoints: [given.spec.checkpoints[0], given.spec.checkpoints[0]] }),
    'spec.checkpoints[1].name',
  ],
  [
    'a network name with a slash',
    'StudyClient',
    'startStudy',
    (given) => spec(given, { checkpoints: [{ name: 'a/b', model: given.model, epoch: 0 }] }),
    'spec.checkpoints[0].name',
  ],
  ['a study without images', 'StudyClient', 'startStudy', (given) => spec(given, { test: undefined }), 'spec.test.images.content_digest'],
  [
    'more noisy images than images',
    'StudyClient',
    'startStudy',
    (given) => spec(given, { test: { images: given.images, rows: { first: 0, count: 5 } }, noiseImages: 6 }),
    'spec.noise_images',
  ],
  [
    'a wrong probe, before anything is computed',
    'StudyClient',
    'startStudy',
    (given) => spec(given, { probe: { folds: 1, alphas: [], nullSeed: 0, withoutPublished: false, bits: 0 } }),
    'spec.probe.folds',
  ],
  [
    'wrong noise, before anything is computed',
    'StudyClient',
    'startStudy',
    (given) => spec(given, { noise: { sigmas: [-1], draws: 2, seed: 0 } }),
    'spec.noise.sigmas',
  ],
  [
    'wrong masks, before anything is computed',
    'StudyClient',
    'startStudy',
    (given) => spec(given, { masking: { shares: [2], masksPerShare: 0, seed: 0 } }),
    'spec.masking.shares',
  ],
  [
    'too few draws',
    'StudyClient',
    'startStudy',
    (given) => spec(given, { relations: { bootstrapDraws: 99, permutationDraws: 0, seed: 0 } }),
    'spec.relations.bootstrap_draws',
  ],
  ['a page that is too large', 'StudyClient', 'listStudies', () => ({ pageSize: 1001, pageToken: '' }), 'page_size'],
  ['a token of no page', 'OperationsClient', 'listOperations', () => ({ pageSize: 1, pageToken: 'x' }), 'page_token'],
  ['a wait that is too long', 'OperationsClient', 'waitOperation', () => ({ name: 'operations/x', timeoutMs: 600_001 }), 'timeout_ms'],
  ['a token of no page', 'ArtifactClient', 'listArtifacts', () => ({ pageSize: 1, pageToken: 'x', kind: '' }), 'page_token'],
  ['a digest that is none', 'ArtifactClient', 'getArtifact', () => ({ artifact: { contentDigest: 'x' } }), 'artifact.content_digest'],
];

/** Requests that name what is not there. */
export const ABSENT: readonly (readonly [client: keyof typeof CLIENTS, method: string, request: (given: Given) => object])[] = [
  ['ActivationClient', 'registerModel', ({ folder }) => register({ path: join(folder, 'none.onnx') })],
  ['ActivationClient', 'describeModel', () => ({ model: NOWHERE })],
  ['ActivationClient', 'startExtract', (given) => extract(given, { images: NOWHERE })],
  ['DictionaryClient', 'startFit', (given) => fit(given, { activations: NOWHERE })],
  ['DictionaryClient', 'startEncode', ({ activations }) => ({ dictionary: NOWHERE, activations, tensor: '' })],
  ['DictionaryClient', 'startDescribe', (given) => decision(given, { model: NOWHERE })],
  ['ComplexityClient', 'startMeasure', (given) => measure(given, { codes: NOWHERE })],
  [
    'ComplexityClient',
    'startMeasureOverTraining',
    (given) =>
      training(given, {
        checkpoints: [
          { name: 'a', activations: given.activations },
          { name: 'b', activations: NOWHERE },
        ],
      }),
  ],
  ['ComplexityClient', 'startMeasureFlow', ({ activations, codes }) => ({ activations, codes, complexity: NOWHERE, probe: undefined })],
  ['ImportanceClient', 'startMeasure', (given) => decision(given, { dictionary: NOWHERE })],
  [
    'ImportanceClient',
    'startAblate',
    (given) => ({ ...decision(given, {}), complexity: NOWHERE, importance: given.importance, seed: 0, randomOrders: 0 }),
  ],
  ['RobustnessClient', 'startMeasureSensitivity', (given) => noise(given, { codes: NOWHERE })],
  ['RobustnessClient', 'startMeasureLocality', (given) => decision(given, { activations: NOWHERE })],
  ['StudyClient', 'getStudy', () => ({ name: `studies/${'9'.repeat(64)}` })],
  ['StudyClient', 'startStudy', (given) => spec(given, { checkpoints: [{ name: 'a', model: NOWHERE, epoch: 0 }] })],
  ['OperationsClient', 'getOperation', () => ({ name: `operations/${'9'.repeat(64)}` })],
  ['OperationsClient', 'waitOperation', () => ({ name: 'operations/short', timeoutMs: 10 })],
  ['OperationsClient', 'cancelOperation', () => ({ name: '' })],
  ['ArtifactClient', 'getArtifact', () => ({ artifact: NOWHERE })],
];
