import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { activation } from '@fathom/contracts';
import { memoryStore } from '@fathom/store';
import { registerModel } from './register-model.js';
import { runHere } from './run-here.fixture.js';

const preprocessing = { width: 4, height: 4, channelOrder: activation.ChannelOrder.GRAY, scale: 1, mean: [0], standardDeviation: [1] };
const register = (path: string) =>
  runHere(new ArtifactStore(memoryStore()), registerModel, { request: { path, name: 'n', preprocessing, taps: [] }, fingerprint: '' });

describe('a network file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fathom-model-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('that went since it was asked for is not found', async () => {
    await expect(register(join(folder, 'gone.onnx'))).rejects.toMatchObject({
      reason: 'NOT_FOUND',
      message: 'path: "gone.onnx" is not there, or not to be reached',
    });
  });

  it('that is a folder is refused', async () => {
    await mkdir(join(folder, 'folder.onnx'));
    await expect(register(join(folder, 'folder.onnx'))).rejects.toThrow(
      'folder.onnx: is no file; accepted: an ONNX file, or the model.json of a TensorFlow.js layers model',
    );
  });
});
