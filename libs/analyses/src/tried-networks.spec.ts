import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { cancelled, unwatched } from '@fathom/errors';
import { memoryStore } from '@fathom/store';
import { INPUT_LIMITS, type InputLimits } from './input-limits.js';
import { OpenNetworks } from './open-networks.js';
import { put } from './run-here.fixture.js';
import { TriedNetworks } from './tried-networks.js';

const CHECKPOINTS = join(__dirname, '../../../models/fashion/checkpoints');
/** No process that runs a network is so small. */
const NO_ROOM: InputLimits = { ...INPUT_LIMITS, modelMemoryBytes: 2 ** 25 };
const REFUSED = { reason: 'UNSUPPORTED_MODEL', message: expect.stringContaining('took more than 33554432 bytes of memory') };

let network: Uint8Array;
let other: Uint8Array;
beforeAll(async () => {
  network = await readFile(join(CHECKPOINTS, 'epoch-15.onnx'));
  other = await readFile(join(CHECKPOINTS, 'epoch-01.onnx'));
});

describe('networks that are to be run', () => {
  it('are tried once, as long as the store keeps that they have passed', async () => {
    const artifacts = new ArtifactStore(memoryStore());
    await new TriedNetworks(artifacts, INPUT_LIMITS).require(network, []);
    const later = new TriedNetworks(artifacts, NO_ROOM);
    await later.require(network, []);
    await expect(later.require(other, [])).rejects.toMatchObject(REFUSED);
    await expect(new TriedNetworks(new ArtifactStore(memoryStore()), NO_ROOM).require(network, [])).rejects.toMatchObject(REFUSED);
  });

  it('are tried again after they were refused', async () => {
    const artifacts = new ArtifactStore(memoryStore());
    const tried = new TriedNetworks(artifacts, NO_ROOM);
    for (const _again of [1, 2]) await expect(tried.require(network, [])).rejects.toMatchObject(REFUSED);
    await new TriedNetworks(artifacts, INPUT_LIMITS).require(network, []);
  });

  it('are not tried to the end where nobody wants them any more', async () => {
    const control = {
      ...unwatched,
      throwIfCancelled: () => {
        throw cancelled('registration');
      },
    };
    const tried = new TriedNetworks(new ArtifactStore(memoryStore()), INPUT_LIMITS);
    await expect(tried.require(network, [], control)).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  it('are tried when they are opened, where a store has them from elsewhere', async () => {
    const artifacts = new ArtifactStore(memoryStore());
    const { contentDigest } = await put(artifacts, 'model', {}, [{ name: 'onnx', dtype: 'U8', shape: [1, network.length], data: network }]);
    const model = await artifacts.open(contentDigest);
    await expect(new OpenNetworks(new TriedNetworks(artifacts, NO_ROOM)).get(model, ['penultimate'])).rejects.toMatchObject(REFUSED);
    const networks = new OpenNetworks(new TriedNetworks(artifacts, INPUT_LIMITS));
    expect((await networks.get(model, ['penultimate'])).taps).toEqual(['penultimate']);
    await networks.close();
  });
});
