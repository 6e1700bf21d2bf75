/** Every parser of what comes from outside, with how its inputs are made and its share of them, in thousandths. */
const { mkdtempSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { exportJWK, generateKeyPair, SignJWT } = require('jose');
const sharp = require('sharp');
const contracts = require('@fathom/contracts');
const { jobNamed } = require('@fathom/analyses');
const { describeNetwork, packLayers, weightFiles } = require('@fathom/engines');
const { loadConfig, pageSizeOf, pageTokenOf } = require('@fathom/platform');
const { canonicalJson, memoryBytes, openNpy, openSafetensors } = require('@fathom/tensors');
const { memoryStore } = require('@fathom/store');
const seeds = require('./seeds.js');
const { mutateBytes, mutateJson, mutateText } = require('./mutate.js');

/** What a package keeps to itself. */
const inside = (path) => require(seeds.at(path));
const { openIdxBytes } = inside('libs/images/dist/idx-file.js');
const { decodeImage, imageSize } = inside('libs/images/dist/image-file.js');
const { parseDocument } = inside('libs/artifacts/dist/documents.js');
const { isManifest } = inside('libs/artifacts/dist/parse-manifest.js');
const { decodeRequest } = inside('libs/service-kit/dist/decode-request.js');
const { bearerToken, openTokens } = inside('libs/service-kit/dist/tokens.js');
const { parseKeys } = inside('libs/service-kit/dist/key-set.js');
const { parseAddress } = inside('libs/service-kit/dist/address.js');
const { checkStudyFile } = inside('cli/dist/study-file.js');
const { normaliseSpec } = inside('services/study/dist/study-spec.js');

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const textOf = (value) => Buffer.from(JSON.stringify(value));
const bytesParser = (name, share, good, parse) => ({ name, share, input: (draws) => mutateBytes(good, draws), parse });
const jsonParser = (name, share, values, parse) => ({
  name,
  share,
  input: (draws) => mutateText(values, values.map(textOf), draws),
  parse,
});

/** The value of JSON text; undefined where it is none, which is for the caller of the parser to say. */
function parsed(bytes) {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function parsers() {
  return [
    bytesParser('safetensors', 200, seeds.safetensors(), async (bytes) => {
      const file = await openSafetensors(memoryBytes('x', bytes));
      for (const name of file.names) await file.tensor(name);
    }),
    bytesParser('npy', 150, seeds.npy(), async (bytes) => (await openNpy(memoryBytes('x', bytes))).tensor()),
    bytesParser('idx', 120, seeds.idx(), async (bytes) => openIdxBytes(memoryBytes('x', bytes), [1, 3, 4], 2 ** 20)),
    bytesParser('onnx', 140, seeds.onnx(), (bytes) => describeNetwork(bytes)),
    layersParser(),
    await imagesParser(),
    requestsParser(),
    jsonParser('canonical JSON', 50, [seeds.json('docs/examples/study.json'), { a: [1, 2.5, 'x', null, { b: true }] }], (bytes) => {
      const value = parsed(bytes);
      if (value !== undefined) canonicalJson(value);
    }),
    jsonParser('configuration', 50, [CONFIGURATION], (bytes) => {
      const value = parsed(bytes);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) loadConfig({ env: {}, overrides: value });
    }),
    await tokensParser(),
    jsonParser(
      'key set',
      20,
      [
        {
          keys: [
            { kty: 'OKP', crv: 'Ed25519', x: 'eA', kid: 'a' },
            { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eA' },
          ],
        },
      ],
      (bytes) => parseKeys(bytes.toString('utf8'), 'keys'),
    ),
    jsonParser('study file', 40, [seeds.json('docs/examples/study.json')], (bytes) => {
      const value = parsed(bytes);
      if (value !== undefined) checkStudyFile(value, '/');
    }),
    jsonParser('manifest', 50, [MANIFEST], (bytes) => isManifest(parseDocument(memoryStore(), 'k', bytes))),
    bytesParser(
      'address',
      20,
      ['127.0.0.1:50051', '[::1]:0', 'unix:/run/x'].map((text) => Buffer.from(text)),
      (bytes) => parseAddress(bytes.toString('latin1')),
    ),
  ];
}

const CONFIGURATION = {
  store: { location: 's3://bucket/x', s3: { endpoint: 'http://127.0.0.1:9000', accessKey: 'a', secretKey: 's' } },
  threads: 2,
  engine: 'onnxruntime',
  maxRunningOperations: 5,
  inputRoots: ['/data'],
  addresses: { study: '127.0.0.1:7306' },
  tls: { certFile: 'c', keyFile: 'k', caFile: 'a' },
  tokens: { issuer: 'i', audience: 'a', jwksFile: 'j' },
  clientTls: { caFile: 'a', serverName: 'n' },
  clientTokenFile: 't',
  insecure: true,
  limits: { imagePixels: 5 },
};

const MANIFEST = {
  format: 2,
  kind: 'codes',
  attributes: { rows: { first: 0, count: 2 } },
  tensors: { z: { dtype: 'F32', shape: [2, 3], digest: 'sha256:0', ranges: null } },
  shards: [{ key: 'k', bytes: 24, tensors: { z: { start: 0, rows: 2 } } }],
  provenance: { job: 'j', requestDigest: '', request: {}, inputs: [], codeVersion: '1', engine: null, arithmetic: null, determinism: 'PORTABLE' },
};

/** model.json by itself, and with its weights. */
function layersParser() {
  const { model, weights } = seeds.layers();
  const texts = [textOf(model)];
  return {
    name: 'layers',
    share: 60,
    input: (draws) => mutateText([model], texts, draws),
    parse(bytes) {
      const [file] = weightFiles(bytes);
      describeNetwork(packLayers(bytes, file === undefined ? [] : [weights]));
    },
  };
}

async function imagesParser() {
  const picture = sharp(
    Buffer.from({ length: 12 * 9 * 3 }, (_, i) => (i * 37) % 256),
    { raw: { width: 12, height: 9, channels: 3 } },
  );
  const good = await Promise.all([
    picture.clone().png().toBuffer(),
    picture.clone().jpeg().toBuffer(),
    picture.clone().png({ palette: true }).toBuffer(),
  ]);
  const path = join(mkdtempSync(join(tmpdir(), 'fathom-fuzz-')), 'image');
  const decoding = { channels: 3, resize: undefined, maxPixels: 1e6, maxBytes: 1e6 };
  return bytesParser('image', 10, good, async (bytes) => {
    writeFileSync(path, bytes);
    await decodeImage(path, 'image', await imageSize(path, 'image', decoding), decoding);
  });
}

/** Who checks the requests of a method, as far as that needs nothing but the request. */
const CHECKS = {
  RegisterModel: (request) => jobNamed('activation.register-model').normalise({ request, fingerprint: '' }),
  StartRegisterImages: (request) => jobNamed('activation.register-images').normalise({ request, fingerprint: '' }),
  StartExtract: (request) => jobNamed('activation.extract').normalise(request),
  StartFit: (request) => jobNamed('dictionary.fit').normalise(request),
  StartStudy: (request) => normaliseSpec(request.spec),
  StartMeasure: (request) => jobNamed('complexity.measure').normalise(request),
  ListOperations: ({ pageSize, pageToken }) => [pageSizeOf(pageSize), pageTokenOf(pageToken, /^[0-9a-f]{64}$/)],
};

const DIGEST = { contentDigest: `sha256:${'a'.repeat(64)}` };
const REQUESTS = {
  RegisterModel: {
    path: '/a.onnx',
    name: 'n',
    preprocessing: { width: 28, height: 28, channelOrder: 1, scale: 1, mean: [0.2], standardDeviation: [0.3] },
    taps: ['a'],
  },
  StartRegisterImages: { name: 'n', source: { $case: 'idx', value: { imagesPath: '/i', labelsPath: '/l', classNames: ['a', 'b'] } } },
  StartExtract: { model: DIGEST, images: DIGEST, rows: { first: 0, count: 5 }, taps: ['a'], branches: true, pooling: 1 },
  StartFit: { activations: DIGEST, tensor: 't', model: DIGEST, method: { $case: 'classNmf', value: { atomsPerClass: 5 } }, seed: 1 },
  StartStudy: { spec: { name: 'n', checkpoints: [{ name: 'a', model: DIGEST, epoch: 3 }], controls: [], atomsPerClass: 5, seed: 1, noiseImages: 4 } },
  StartMeasure: { activations: DIGEST, layers: ['a'], codes: DIGEST, probe: { folds: 5, alphas: [1], nullSeed: 1, bits: 16 } },
  ListOperations: { pageSize: 10, pageToken: 'b'.repeat(64) },
};

/** The bytes of requests, read and checked as a server does. */
function requestsParser() {
  const areas = [
    contracts.ComplexityService,
    contracts.ActivationService,
    contracts.DictionaryService,
    contracts.StudyService,
    contracts.OperationsService,
  ];
  const methods = areas.flatMap((area) => Object.values(area)).filter(({ path }) => path.split('/').at(-1) in CHECKS);
  const known = methods.map((method) => {
    const name = method.path.split('/').at(-1);
    return { method, check: CHECKS[name], good: [method.requestSerialize(REQUESTS[name])] };
  });
  const limits = { maxTextLength: 4096, maxListLength: 100_000 };
  return {
    name: 'request',
    share: 120,
    input(draws) {
      const which = draws.below(known.length);
      return Buffer.concat([Buffer.from([which]), mutateBytes(known[which].good, draws)]);
    },
    parse(bytes) {
      const { method, check } = known[bytes[0]];
      check(decodeRequest(method, bytes.subarray(1), limits));
    },
  };
}

async function tokensParser() {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwksFile = join(mkdtempSync(join(tmpdir(), 'fathom-fuzz-')), 'jwks.json');
  writeFileSync(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] }));
  const verifier = await openTokens({ issuer: 'i', audience: 'a', jwksFile }, quiet);
  const claims = { iss: 'i', aud: 'a', sub: 's', tenant: 't', scope: 'read', exp: 4_000_000_000 };
  const signed = (payload) => new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', kid: 'k' }).sign(privateKey);
  const good = (await Promise.all([signed(claims), signed({ ...claims, aud: 'b' })])).map((token) => Buffer.from(`Bearer ${token}`));
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: 'k' })).toString('base64url');
  return {
    name: 'token',
    share: 30,
    input(draws) {
      if (draws.below(2) === 0) return mutateBytes(good, draws);
      const payload = Buffer.from(JSON.stringify(mutateJson([claims], draws))).toString('base64url');
      return Buffer.from(`Bearer ${header}.${payload}.${'A'.repeat(86)}`);
    },
    parse: async (bytes) => verifier.verify(bearerToken({ get: () => [bytes.toString('latin1')] })),
  };
}

module.exports = { parsers };
