import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { InputError } from '@fathom/errors';
import { loadConfig, serve, SERVICES, type Served } from '@fathom/platform';
import { createLogger } from '@fathom/service-kit';
// eslint-disable-next-line @nx/enforce-module-boundaries -- an example belongs to no package
import { simplestFeatures, type Places } from '../../docs/examples/simplest-features.js';
import { FACTORIES } from './services.js';
import { readStudyFile } from './study-file.js';

const run = promisify(execFile);
const root = resolve(__dirname, '../..');
const material = join(root, 'models/fashion');
const folder = mkdtempSync(join(tmpdir(), 'fathom-docs-'));
const address = `unix:${join(folder, 'socket')}`;
const places: Places = {
  activation: address,
  dictionary: address,
  complexity: address,
  store: join(folder, 'store'),
  network: join(material, 'checkpoints/epoch-15.onnx'),
  images: join(material, 'images/t10k-images-idx3-ubyte.gz'),
  labels: join(material, 'images/t10k-labels-idx1-ubyte.gz'),
};
let served: Served;

beforeAll(async () => {
  const addresses = Object.fromEntries(SERVICES.map((name) => [name, address]));
  const config = loadConfig({ env: {}, overrides: { store: places.store, inputRoots: [material], threads: 1, addresses, insecure: true } });
  served = await serve(Object.values(FACTORIES), { name: 'docs', address, config, logger: createLogger({ name: 'docs', level: 'silent' }) });
});

afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

describe('the examples of docs/api.md', () => {
  let found: number[];

  it('name the simplest features, in TypeScript', async () => {
    found = await simplestFeatures(places, 300, 5);
    expect(new Set(found).size).toBe(5);
    expect(found.every((feature) => feature >= 0 && feature < 30)).toBe(true);
  });

  it('throw what the service says of a wrong request', async () => {
    await expect(simplestFeatures({ ...places, network: __filename }, 300, 5)).rejects.toThrow(InputError);
    await expect(simplestFeatures(places, 20_000, 5)).rejects.toMatchObject({ field: 'rows' });
  });

  it('do the same in Python, where grpcio-tools is there', async () => {
    const python = process.env['FATHOM_PYTHON'];
    if (python === undefined) {
      const record = process.env['FATHOM_LEFT_OUT'];
      if (record !== undefined) appendFileSync(record, 'the Python example of docs/api.md: FATHOM_PYTHON names no python3 with grpcio-tools\n');
      return;
    }
    const stubs = join(folder, 'stubs');
    mkdirSync(stubs);
    const google = ['google/rpc/status.proto', 'google/rpc/error_details.proto'];
    const areas = ['activation', 'artifact', 'complexity', 'dictionary', 'operations'].map((area) => `fathom/${area}/v1/${area}.proto`);
    const include = ['-I', 'proto', '-I', 'node_modules/google-proto-files'];
    await run(python, ['-m', 'grpc_tools.protoc', ...include, `--python_out=${stubs}`, `--grpc_python_out=${stubs}`, ...google, ...areas], {
      cwd: root,
    });
    const script = join(root, 'docs/examples/simplest_features.py');
    const { stdout } = await run(python, [script, stubs, places.store, address, address, address, places.network, places.images, places.labels]);
    expect(stdout).toBe(`simplest: ${found.join(' ')}\nrefused: INVALID_ARGUMENT INVALID_INPUT images.content_digest\n`);
  });
});

it('the study file of docs/cli.md can be run', async () => {
  const file = await readStudyFile(join(root, 'docs/examples/study.json'));
  expect(file.checkpoints.map(({ epoch }) => epoch)).toEqual([0, 3, 15]);
});
