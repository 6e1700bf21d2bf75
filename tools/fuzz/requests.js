/** Requests of every method of every service, read and handled as a server does, on a platform that keeps files and artifacts and starts nothing. */
const { mkdtempSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { jobOperation } = require('@fathom/operations');
const { ArtifactStore } = require('@fathom/artifacts');
const { loadConfig } = require('@fathom/platform');
const { memoryStore } = require('@fathom/store');
const seeds = require('./seeds.js');
const { mutateBytes } = require('./mutate.js');

const inside = (path) => require(seeds.at(path));
const { artifactsService } = inside('libs/platform/dist/artifacts-service.js');
const { capabilitiesService } = inside('libs/platform/dist/capabilities-service.js');
const { mostByField } = inside('libs/platform/dist/count-limits.js');
const { operationsService } = inside('libs/platform/dist/operations-service.js');
const { digestOfName, NO_PROGRESS } = inside('libs/operations/dist/operation-record.js');
const { decodeRequest } = inside('libs/service-kit/dist/decode-request.js');
const SERVICES = ['activation', 'complexity', 'dictionary', 'importance', 'robustness', 'study'];

const DIGEST = { contentDigest: `sha256:${'a'.repeat(64)}` };
const NAME = 'b'.repeat(64);
const PAGE = { pageSize: 10, pageToken: NAME };
const PROBE = { folds: 5, alphas: [1], nullSeed: 1, bits: 16, withoutPublished: false };
const NOISE = { sigmas: [0.1], draws: 10, seed: 1 };
const ROWS = { first: 0, count: 5 };
const PREPROCESSING = {
  ...{ width: 28, height: 28, channelOrder: 1, scale: 1, mean: [0.2], standardDeviation: [0.3] },
  ...{ resize: { interpolation: 1, to: { $case: 'shorterSide', value: 32 } }, centreCrop: true },
};
const DECISION = { activations: DIGEST, codes: DIGEST, dictionary: DIGEST, model: DIGEST };
const upload = `uploads/${NAME}`;

/** Good requests of each method, over a folder of files and an artifact. */
function goodRequests(folder, artifact) {
  const path = join(folder, 'file');
  const operation = { name: `operations/${NAME}` };
  const idx = { $case: 'idx', value: { imagesPath: path, labelsPath: path, classNames: ['a', 'b'] } };
  const array = { $case: 'array', value: { imagesPath: path, imagesTensor: 'x', labelsPath: '', labelsTensor: '' } };
  const fit = (method) => ({ activations: DIGEST, tensor: 't', model: DIGEST, method, seed: 1 });
  return {
    'activation.RegisterModel': [{ path, name: 'n', preprocessing: PREPROCESSING, taps: ['a'] }],
    'activation.DescribeModel': [{ model: DIGEST }],
    'activation.StartRegisterImages': [
      { name: 'n', source: idx },
      { name: 'n', source: array },
      { name: 'n', source: { $case: 'folder', value: { path: folder, gray: true, resizeWidth: 5, resizeHeight: 5, skipBad: true, resizeFit: 1 } } },
    ],
    'activation.StartExtract': [{ model: DIGEST, images: DIGEST, rows: ROWS, taps: ['a'], branches: true, pooling: 1 }],
    'upload.CreateUpload': [{ files: [{ name: 'a.onnx', sizeBytes: 5n, sha256: NAME }] }],
    'upload.CommitUpload': [
      { upload, content: { $case: 'model', value: { file: 'a.onnx', name: 'n', preprocessing: PREPROCESSING, taps: [] } } },
      { upload, content: { $case: 'images', value: { name: 'n', source: idx } } },
      {
        upload,
        content: {
          $case: 'activations',
          value: {
            layers: [{ file: 'a', tensor: 'x' }],
            rows: { images: 'i', first: 0 },
            labels: { file: 'a', tensor: 'y' },
            classes: 3,
            model: DIGEST,
          },
        },
      },
      { upload, content: { $case: 'codes', value: { codes: { file: 'a', tensor: 'x' }, rows: { images: 'i', first: 0 } } } },
    ],
    'upload.DeleteUpload': [{ upload }],
    'complexity.StartMeasure': [{ activations: DIGEST, layers: ['a'], codes: DIGEST, probe: PROBE }],
    'complexity.StartMeasureOverTraining': [{ checkpoints: [{ name: 'a', activations: DIGEST }], codes: DIGEST, complexity: DIGEST, probe: PROBE }],
    'complexity.StartMeasureFlow': [{ activations: DIGEST, codes: DIGEST, complexity: DIGEST, probe: PROBE }],
    'dictionary.StartFit': [
      ...['classNmf', 'globalNmf', 'kMeans', 'randomDirections'].map(($case) => fit({ $case, value: { atomsPerClass: 5, atoms: 5 } })),
      fit({ $case: 'neuronBasis', value: {} }),
    ],
    'dictionary.StartEncode': [{ dictionary: DIGEST, activations: DIGEST, tensor: 't' }],
    'dictionary.StartDescribe': [{ dictionary: DIGEST, codes: DIGEST, activations: DIGEST, model: DIGEST }],
    'importance.StartMeasure': [{ ...DECISION, bits: 16 }],
    'importance.StartAblate': [{ ...DECISION, complexity: DIGEST, importance: DIGEST, seed: 1, randomOrders: 2, bits: 24 }],
    'robustness.StartMeasureSensitivity': [{ model: DIGEST, images: DIGEST, rows: ROWS, dictionary: DIGEST, codes: DIGEST, noise: NOISE }],
    'robustness.StartMeasureLocality': [
      { activations: DIGEST, codes: DIGEST, dictionary: DIGEST, masking: { shares: [0.5], masksPerShare: 2, seed: 1 }, bits: 16 },
    ],
    'study.StartStudy': [{ spec: studySpec() }],
    'study.GetStudy': [{ name: `studies/${NAME}` }],
    'study.ListStudies': [PAGE],
    'operations.GetOperation': [operation],
    'operations.WaitOperation': [{ ...operation, timeoutMs: 5 }],
    'operations.CancelOperation': [operation],
    'operations.ListOperations': [PAGE],
    'operations.WatchOperation': [{ ...operation, afterSequence: 3 }],
    'artifact.GetArtifact': [{ artifact }],
    'artifact.ListArtifacts': [{ pageSize: 10, pageToken: '', kind: 'codes' }],
    'artifact.GetDownload': [{ artifact, tensors: ['z'], pageSize: 1, pageToken: '1' }],
    'artifact.ReadTensor': [{ artifact, tensor: 'z', first: 1n, count: 3n }],
    'platform.GetCapabilities': [{}],
  };
}

function studySpec() {
  const network = { name: 'a', model: DIGEST, epoch: 3 };
  return {
    ...{ name: 'n', checkpoints: [network], controls: [network], test: { images: DIGEST, rows: ROWS }, train: { images: DIGEST, rows: ROWS } },
    ...{ atomsPerClass: 5, seed: 1, noiseImages: 4, probe: PROBE, noise: NOISE, masking: { shares: [0.5], masksPerShare: 2, seed: 1 } },
    relations: { bootstrapDraws: 100, permutationDraws: 100, seed: 1 },
  };
}

/** A platform whose operations never end, so that a handler comes as far as the request can bring it. */
async function standIn(folder) {
  const objects = { ...memoryStore(), presign: (key) => ({ url: `https://example.com/${key}`, headers: {} }) };
  const artifacts = new ArtifactStore(objects);
  const data = Float32Array.from({ length: 12 }, (_, i) => i);
  const provenance = {
    job: 'j',
    requestDigest: NAME,
    request: {},
    inputs: [],
    codeVersion: '0',
    engine: null,
    determinism: 'PORTABLE',
  };
  const shard = await artifacts.writeShard(0, [{ name: 'z', dtype: 'F32', shape: [4, 3], data }]);
  const contentDigest = await artifacts.publish({ kind: 'codes', attributes: {}, shards: [shard], provenance });
  const begun = ({ digest, job, request }) => ({
    ...{ digest, job, request, tenant: 't', state: 'RUNNING', progress: NO_PROGRESS, failure: null, result: null },
    ...{ sequence: 65_536, epoch: 1, holder: 'h', leaseMs: 8000, beat: 0 },
  });
  const known = (name) => begun({ digest: digestOfName(name), job: 'codes.make', request: {} });
  const operations = {
    get: async (name) => known(name),
    wait: async (name) => known(name),
    cancel: async (name) => known(name),
    list: async (size, after) => ({ records: [known(`operations/${NAME}`)].slice(0, size), next: after }),
    async *watch(name) {
      yield known(name);
    },
  };
  const limits = { uploads: 4, allUploadsBytes: 2 ** 38 };
  const config = loadConfig({ env: {}, overrides: { inputRoots: [folder], limits } });
  const start = async (startable) => begun(startable);
  const platform = {
    ...{ config, tenant: 't', artifacts, operations, start, logger: { debug() {}, info() {}, warn() {}, error() {} } },
    startJob: async (job, request) => start(jobOperation(job, request, { artifacts, pool: undefined }, 't')),
    onResume() {},
    onClose() {},
  };
  return { platform, artifact: { contentDigest } };
}

async function requestsParser() {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-fuzz-'));
  writeFileSync(join(folder, 'file'), 'x');
  symlinkSync('/etc', join(folder, 'out'));
  const { platform, artifact } = await standIn(folder);
  const engine = { name: 'reference', version: '1', way: 'w', device: 'cpu' };
  const services = [
    ...SERVICES.flatMap((name) => inside(`services/${name}/dist/${name}-service.js`)[`${name}Service`](platform)),
    ...[operationsService(platform), artifactsService(platform), capabilitiesService(platform, engine)],
  ];
  const good = goodRequests(folder, artifact);
  const methods = services.flatMap(({ name, definition, implementation }) =>
    Object.entries(definition).map(([key, method]) => {
      const requests = good[`${name.split('.')[1]}.${method.path.split('/').at(-1)}`];
      if (!requests) throw new Error(`${method.path} has no good request to begin with`);
      return { method, handler: implementation[key].bind(implementation), seeds: requests.map((request) => method.requestSerialize(request)) };
    }),
  );
  const { textLength: maxTextLength, listLength: maxListLength } = platform.config.limits;
  const limits = { maxTextLength, maxListLength, maxByField: mostByField(platform.config.limits) };
  const caller = { subject: 's', tenant: 't', scopes: ['admin'] };
  const context = { signal: new AbortController().signal, deadlineMs: 60_000, metadata: { get: () => [] }, caller, requestId: 'r' };
  return {
    name: 'request',
    share: 160,
    input(draws) {
      const which = draws.below(methods.length);
      // A request without fields has nothing to change; bytes are added to it.
      const unchanged = methods[which].seeds.filter(({ length }) => length > 0);
      return Buffer.concat([Buffer.from([which]), mutateBytes(unchanged.length > 0 ? unchanged : [Buffer.alloc(1)], draws)]);
    },
    async parse(bytes) {
      const { method, handler } = methods[bytes[0]];
      const answer = handler(decodeRequest(method, bytes.subarray(1), limits), context);
      if (!method.responseStream) method.responseSerialize(await answer);
      else for await (const message of answer) method.responseSerialize(message);
    },
  };
}

module.exports = { requestsParser };
