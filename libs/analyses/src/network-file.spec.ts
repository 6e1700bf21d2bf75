import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { describeNetwork } from '@fathom/engines';
import { memoryStore } from '@fathom/store';
import { INPUT_LIMITS } from './input-limits.js';
import { networkFiles, networkOf, readNetwork } from './network-file.js';
import { OpenNetworks } from './open-networks.js';
import { registerModel } from './register-model.js';
import { runHere } from './run-here.fixture.js';
import { TriedNetworks } from './tried-networks.js';

const FASHION = join(__dirname, '../../../models/fashion');
const { ChannelOrder } = activation;
const preprocessing = { width: 28, height: 28, channelOrder: ChannelOrder.GRAY, scale: 1 / 255, mean: [0.286], standardDeviation: [0.353] };

describe('a TensorFlow.js layers model', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fathom-layers-'));
    await cp(join(FASHION, 'layers'), folder, { recursive: true });
    path = join(folder, 'model.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const withPaths = async (...paths: string[]) => {
    const json = JSON.parse((await readFile(path)).toString()) as { weightsManifest: { paths: string[] }[] };
    json.weightsManifest[0]!.paths = paths;
    await writeFile(path, JSON.stringify(json));
  };

  it('registers with the blocks, taps and head of the ONNX file that it was made from, and runs', async () => {
    const artifacts = new ArtifactStore(memoryStore());
    const register = async (file: string) => {
      const request = { path: file, name: 'resnet20', preprocessing, taps: [] };
      return runHere(artifacts, registerModel, { request, fingerprint: '' });
    };
    const layers = await register(path);
    const onnx = await register(join(FASHION, 'checkpoints/epoch-15.onnx'));
    expect(layers.attributes).toEqual(onnx.attributes);
    expect(Object.keys(layers.tensors).sort()).toEqual(['W', 'b', 'layers']);
    for (const name of ['W', 'b']) expect(await layers.tensor(name)).toEqual(await onnx.tensor(name));
    expect(Buffer.from(await networkOf(layers)).equals(Buffer.from(await readNetwork(path)))).toBe(true);
    const networks = new OpenNetworks(new TriedNetworks(artifacts, INPUT_LIMITS));
    const outputs = await (await networks.get(layers, ['block9', 'penultimate'])).run(new Float32Array(784), 1);
    expect([...outputs].map(([tap, { shape }]) => [tap, ...shape])).toEqual([
      ['block9', 1, 64, 7, 7],
      ['penultimate', 1, 64],
    ]);
  });

  it('may keep its weights in several files', async () => {
    const whole = await readNetwork(path);
    const weights = await readFile(join(folder, 'weights.bin'));
    await writeFile(join(folder, 'group1-shard1of2.bin'), weights.subarray(0, 1001));
    await writeFile(join(folder, 'group1-shard2of2.bin'), weights.subarray(1001));
    await withPaths('group1-shard1of2.bin', 'group1-shard2of2.bin');
    expect(await networkFiles(path)).toEqual([path, join(folder, 'group1-shard1of2.bin'), join(folder, 'group1-shard2of2.bin')]);
    const { head } = describeNetwork(await readNetwork(path));
    expect(head).toEqual(describeNetwork(whole).head);
  });

  it.each(['../weights.bin', '/etc/hostname', 'https://example.org/weights.bin', '..', 'deeper/weights.bin'])(
    'is refused where its weights are said to be at %s',
    async (elsewhere) => {
      await withPaths(elsewhere);
      await expect(readNetwork(path)).rejects.toThrow('weightsManifest.paths: is no plain file name');
    },
  );

  it('is refused where its weights are a link, which may lead anywhere', async () => {
    await symlink('/etc/hostname', join(folder, 'link.bin'));
    await withPaths('link.bin');
    await expect(readNetwork(path)).rejects.toThrow('link.bin: is a link; accepted: a file beside model.json');
  });

  it('is refused where weights are missing, cut off or a folder', async () => {
    await truncate(join(folder, 'weights.bin'), 1000);
    await expect(readNetwork(path).then((bytes) => describeNetwork(bytes))).rejects.toThrow(
      'model: its weights do not fit what model.json says of them (got 1000 bytes); accepted: 1085608 bytes',
    );
    await rm(join(folder, 'weights.bin'));
    await expect(readNetwork(path)).rejects.toMatchObject({
      reason: 'NOT_FOUND',
      message: 'path: "weights.bin" is not there, or not to be reached',
    });
    await mkdir(join(folder, 'weights.bin'));
    await expect(readNetwork(path)).rejects.toThrow('weights.bin: is no file');
  });

  it('is refused where model.json is so large that to read it would hold up a service', async () => {
    await truncate(path, 2 ** 24 + 1);
    await expect(networkFiles(path)).rejects.toThrow('model.json: is too large (got 16777217); accepted: at most 16777216 bytes');
  });

  it.each([
    ['not JSON', 'model.json is not JSON'],
    ['{}', 'model.json does not describe a layers model'],
    ['{"modelTopology":{},"weightsManifest":[{"paths":[1],"weights":[]}]}', 'model.json does not describe a layers model'],
    ['null', 'model.json does not describe a layers model'],
  ])('is refused where model.json is %s', async (text, problem) => {
    await writeFile(path, text);
    await expect(networkFiles(path)).rejects.toThrow(`model: ${problem}; accepted: the model.json of a TensorFlow.js layers model`);
  });
});
