/**
 * Every parser of what comes from outside, with how its inputs are made, its share of them, in thousandths, and how long it may take for
 * one, where that is more than a second.
 */
const { mkdtempSync, realpathSync, symlinkSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, sep } = require('node:path');
const { exportJWK, generateKeyPair, SignJWT } = require('jose');
const sharp = require('sharp');
const { BATCH, INPUT_LIMITS } = require('@fathom/analyses');
const { ArtifactStore } = require('@fathom/artifacts');
const { describeNetwork, packLayers, tryNetwork, weightFiles } = require('@fathom/engines');
const { unwatched } = require('@fathom/errors');
const { inputPath, loadConfig } = require('@fathom/platform');
const { canonicalJson, memoryBytes, openNpy, openSafetensors } = require('@fathom/tensors');
const { memoryStore } = require('@fathom/store');
const { requestsParser } = require('./requests.js');
const seeds = require('./seeds.js');
const { mutateBytes, mutateJson, mutateText } = require('./mutate.js');

/** What a package keeps to itself. */
const inside = (path) => require(seeds.at(path));
const { openIdxBytes } = inside('libs/images/dist/idx-file.js');
const { decodeImage, imageSize } = inside('libs/images/dist/image-file.js');
const { parseDocument } = inside('libs/artifacts/dist/documents.js');
const { isManifest } = inside('libs/artifacts/dist/parse-manifest.js');
const { activationsOutput } = inside('libs/analyses/dist/uploaded-tensors.js');
const { onBehalf } = inside('libs/service-kit/dist/caller.js');
const { errorInside, refusal, s3Error } = inside('libs/store/dist/s3-errors.js');
const { bearerToken, openTokens } = inside('libs/service-kit/dist/tokens.js');
const { parseKeys } = inside('libs/service-kit/dist/key-set.js');
const { parseAddress } = inside('libs/wire/dist/address.js');
const { parseTarget } = inside('libs/wire/dist/target.js');
const { checkStudyFile } = inside('cli/dist/study-file.js');

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
    bytesParser('onnx', 140, [...seeds.onnx(), ...seeds.smallOnnx()], (bytes) => describeNetwork(bytes)),
    trialParser(),
    layersParser(),
    await imagesParser(),
    await requestsParser(),
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
    bytesParser(
      'target',
      10,
      ['127.0.0.1:1,[::1]:2', 'dns:///localhost:5', 'unix:/run/x'].map((text) => Buffer.from(text)),
      (bytes) => parseTarget(bytes.toString('latin1')),
    ),
    pathsParser(),
    uploadedArraysParser(),
    bytesParser(
      'S3 error',
      20,
      [Buffer.from('<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>not there</Message><Resource>/b/k</Resource></Error>')],
      (bytes) => {
        const body = bytes.toString('utf8');
        errorInside(body);
        throw s3Error(refusal(404, body), 's3://b', 'k', false);
      },
    ),
    bytesParser('tenant', 10, [Buffer.from('team-a')], (bytes) => {
      const { tenant } = onBehalf({ subject: 's', tenant: 't', scopes: ['admin'] }, { get: () => [bytes.toString('latin1')] });
      if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant)) throw new Error(`"${tenant}" is no tenant`);
    }),
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
  shards: [{ key: 'k', bytes: 24, tensors: { z: { dtype: 'F32', start: 0, end: 2, trailing: [3], blockDigests: ['0'] } } }],
  provenance: {
    job: 'j',
    requestDigest: '',
    request: {},
    inputs: [],
    codeVersion: '1',
    engine: null,
    arithmetic: { name: 'a', version: '1', way: 'w' },
    determinism: 'PORTABLE',
  },
};

/** Small networks in a process of their own, as those that nobody has tried. */
function trialParser() {
  const options = { taps: [], batch: BATCH, limits: {}, seconds: 10, memoryBytes: 2 ** 30 };
  return { ...bytesParser('onnx, run', 0.2, seeds.smallOnnx(), (bytes) => tryNetwork(bytes, options)), mostMs: 15_000 };
}

/** Paths of requests, which may not lead out of a folder. */
function pathsParser() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fathom-fuzz-')));
  writeFileSync(join(root, 'file'), 'x');
  symlinkSync('/etc', join(root, 'out'));
  symlinkSync('file', join(root, 'in'));
  const good = ['file', 'in', 'out/passwd', '../file', './/file/.', '../../../../../etc/passwd'].map((path) => Buffer.from(`${root}/${path}`));
  return bytesParser('path', 20, good, async (bytes) => {
    const real = await inputPath('path', bytes.toString('utf8'), [root]);
    if (real !== root && !real.startsWith(root + sep)) throw new Error(`${real} lies outside ${root}`);
  });
}

/** Files of uploads, read to the artifact that they make. */
function uploadedArraysParser() {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-fuzz-'));
  const request = {
    ...{ layers: [{ file: 'a', tensor: 'x' }], rows: { images: 'i', first: 0 }, labels: { file: 'a', tensor: 'y' } },
    ...{ classes: 0, model: undefined },
  };
  return bytesParser('uploaded arrays', 20, [seeds.labelledLayer()], async (bytes) => {
    writeFileSync(join(folder, 'a'), bytes);
    await activationsOutput(request, folder, { artifacts: new ArtifactStore(memoryStore()), control: unwatched, limits: INPUT_LIMITS });
  });
}

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
  return bytesParser('image', 20, good, async (bytes) => {
    writeFileSync(path, bytes);
    await decodeImage(path, 'image', await imageSize(path, 'image', decoding), decoding);
  });
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
