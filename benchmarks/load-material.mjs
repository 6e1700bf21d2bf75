/** What the load asks about: the demo's network and its first few images, and questions about them, each in two spellings. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const {
  activation,
  ActivationClient,
  complexity,
  ComplexityClient,
  dictionary,
  DictionaryClient,
  importance,
  ImportanceClient,
  operations,
  OperationsClient,
} = (await import('../libs/contracts/dist/index.js')).default;
const { connect } = (await import('../libs/service-kit/dist/index.js')).default;

const FASHION = resolve(import.meta.dirname, '../models/fashion');
const IMAGES = 300;
const NETWORK = 'epoch-15';
export const PREPROCESSING = {
  width: 28,
  height: 28,
  channelOrder: activation.ChannelOrder.GRAY,
  scale: 1 / 255,
  mean: [0.286],
  standardDeviation: [0.353],
};
const CLIENTS = { activation: ActivationClient, dictionary: DictionaryClient, complexity: ComplexityClient, importance: ImportanceClient };
const MESSAGES = { activation, dictionary, complexity, importance };

/** Folders that networks and images are registered from. */
export function inputRoots(folder) {
  return [FASHION, folder];
}

/** Writes the first few test images into a folder, as IDX files. */
export function cutImages(folder) {
  mkdirSync(folder, { recursive: true });
  const cut = (what, header, size) => {
    const bytes = Buffer.from(gunzipSync(readFileSync(join(FASHION, 'images', `t10k-${what}-ubyte.gz`))).subarray(0, header + IMAGES * size));
    bytes.writeUInt32BE(IMAGES, 4);
    writeFileSync(join(folder, what), bytes);
    return join(folder, what);
  };
  return { imagesPath: cut('images-idx3', 16, 28 * 28), labelsPath: cut('labels-idx1', 8, 1), classNames: [] };
}

/** A call by path, such as "dictionary/StartFit", with a request in proto JSON; for a Start, the operation once it has ended. */
export async function callStep(addresses, path, request) {
  const [service, method] = path.split('/');
  const client = connect(CLIENTS[service], addresses[service]);
  const following = connect(OperationsClient, addresses[service]);
  try {
    const name = method[0].toLowerCase() + method.slice(1);
    let { operation } = await client[name](MESSAGES[service][`${method}Request`].fromJSON(request));
    while (operation.state === operations.OperationState.RUNNING)
      ({ operation } = await following.waitOperation({ name: operation.name, timeoutMs: 30_000 }));
    if (operation.state !== operations.OperationState.SUCCEEDED) throw new Error(`${path}: ${operation.error?.message ?? 'was stopped'}`);
    return { name: operation.name, digest: operation.result.contentDigest };
  } finally {
    client.close();
    following.close();
  }
}

/** Registers networks and images, and extracts the activations that questions are about. */
export async function register(folder, addresses) {
  const paths = cutImages(folder);
  const client = connect(ActivationClient, addresses.activation);
  const path = join(FASHION, 'checkpoints', `${NETWORK}.onnx`);
  const model = (await client.registerModel({ path, name: NETWORK, preprocessing: PREPROCESSING, taps: [] })).model.contentDigest;
  client.close();
  const images = (await callStep(addresses, 'activation/StartRegisterImages', { name: 'load', idx: paths })).digest;
  const extraction = { model: ref(model), images: ref(images), rows: { first: 0, count: IMAGES } };
  const activations = (await callStep(addresses, 'activation/StartExtract', extraction)).digest;
  return { model, images, activations };
}

const ref = (contentDigest) => ({ contentDigest });
/** Stands for the result of an earlier step of the question, until it is known. */
const of = (step) => ({ contentDigest: `of ${step}` });

/** A question in steps; each has the same request in two spellings. */
export function questionsAbout({ model, activations }, count) {
  const from = ref(activations);
  return Array.from({ length: count }, (_, seed) => ({
    steps: [
      {
        name: 'fit',
        call: 'dictionary/StartFit',
        spellings: [
          { activations: from, globalNmf: { atoms: 6 }, seed },
          { seed, globalNmf: { atoms: 6 }, tensor: '', activations: from },
        ],
      },
      {
        name: 'encode',
        call: 'dictionary/StartEncode',
        spellings: [
          { dictionary: of('fit'), activations: from },
          { activations: from, tensor: '', dictionary: of('fit') },
        ],
      },
      {
        name: 'measure',
        call: 'complexity/StartMeasure',
        spellings: [
          { activations: from, codes: of('encode') },
          { probe: { bits: 16, alphas: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1], folds: 5, nullSeed: 0 }, codes: of('encode'), activations: from, layers: [] },
        ],
      },
      {
        name: 'importance',
        call: 'importance/StartMeasure',
        spellings: [
          { activations: from, codes: of('encode'), dictionary: of('fit'), model: ref(model) },
          { model: ref(model), dictionary: of('fit'), codes: of('encode'), activations: from },
        ],
      },
    ],
  }));
}

/** A request with the results of earlier steps filled in. */
function filled(request, results) {
  return JSON.parse(JSON.stringify(request), (key, value) =>
    key === 'contentDigest' && value.startsWith('of ') ? results[value.slice(3)].digest : value,
  );
}

/** Asks every question once, in order, and gives name and digest of each step. */
export async function firstAnswers(addresses, questions) {
  const answers = [];
  for (const { steps } of questions) {
    const results = {};
    for (const { name, call, spellings } of steps) results[name] = await callStep(addresses, call, filled(spellings[0], results));
    answers.push(results);
  }
  return answers;
}

/** A study of one network that ends in a few seconds; another one for every seed. */
export function smallStudies({ model, images }, count) {
  const rows = (first, size) => ({ images: ref(images), rows: { first, count: size } });
  return Array.from({ length: count }, (_, seed) => ({
    name: `load ${seed}`,
    checkpoints: [{ name: NETWORK, model: ref(model), epoch: 15 }],
    controls: [],
    test: rows(0, 200),
    train: rows(200, 100),
    atomsPerClass: 1,
    seed,
    noise: { draws: 2, seed: 1 },
    noiseImages: 2,
    relations: { bootstrapDraws: 100, permutationDraws: 100, seed: 1 },
  }));
}
