import type { Job } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import { memoryStore } from '@fathom/store';
import type { Tensor } from '@fathom/tensors';
import { publishOutput } from './publish-output.js';

const artifacts = new ArtifactStore(memoryStore());
const crew = inlineCrew(referenceEngine);

/** Publishes an empty artifact of a job with these inputs, and returns its provenance. */
async function publish(determinism: 'PORTABLE' | 'ENGINE', inputs: readonly string[], more: Pick<Job<unknown>, 'crewed' | 'multiplies'> = {}) {
  const job = {
    name: 'test.make',
    revision: 1,
    determinism,
    codec: { toJSON: (x: unknown) => x, fromJSON: (x: unknown) => x },
    inputs: () => inputs,
    ...more,
  };
  const output = { kind: 'made', attributes: { determinism, inputs: [...inputs] }, tensors: [] };
  const origin = { requestDigest: '0'.repeat(64), request: {} };
  const digest = await publishOutput({ artifacts, crew }, job as unknown as Job<unknown>, origin, output);
  return { digest, provenance: (await artifacts.open(digest)).provenance };
}

async function model(tensor: 'onnx' | 'layers'): Promise<string> {
  const network: Tensor = { name: tensor, dtype: 'U8', shape: [1, 1], data: Uint8Array.of(1) };
  const provenance = (await publish('PORTABLE', [])).provenance;
  return artifacts.publishTensors({ kind: 'model', attributes: {}, tensors: [network], provenance });
}

describe('the provenance of an artifact', () => {
  it('names who multiplied integers and in which way, and nobody where none were multiplied', async () => {
    const arithmetic = { name: 'reference', version: '1', way: 'float64' };
    const { provenance } = await publish('PORTABLE', [], { crewed: true });
    expect(provenance).toMatchObject({ engine: null, arithmetic, determinism: 'PORTABLE' });
    const sensitivity = await publish('ENGINE', [await model('onnx')], { multiplies: true });
    expect(sensitivity.provenance).toMatchObject({ engine: { name: 'onnxruntime' }, arithmetic, determinism: 'ENGINE' });
    expect((await publish('PORTABLE', ['none'])).provenance.arithmetic).toBeUndefined();
  });

  it('names the engine that ran its network, with its backend, where its bits depend on that', async () => {
    const { digest: other } = await publish('PORTABLE', []);
    for (const [tensor, name, version] of [
      ['onnx', 'onnxruntime', /^\d+\.\d+\.\d+$/],
      ['layers', 'tensorflow', /^\d+\.\d+\.\d+ \((wasm|tfjs-node|tfjs-node-gpu)\)$/],
    ] as const) {
      const { provenance } = await publish('ENGINE', [other, await model(tensor)]);
      expect(provenance).toMatchObject({ engine: { name, version: expect.stringMatching(version) as string }, determinism: 'ENGINE' });
      expect(provenance.arithmetic).toBeUndefined();
    }
  });

  it('is not invented where there was no network', async () => {
    await expect(publish('ENGINE', [])).rejects.toMatchObject({ reason: 'INTERNAL' });
  });

  it('is no part of the content digest', async () => {
    const content = { kind: 'made', attributes: {}, tensors: [] };
    const { provenance } = await publish('PORTABLE', []);
    const one = await artifacts.publishTensors({ ...content, provenance });
    const store = new ArtifactStore(memoryStore());
    expect(
      await store.publishTensors({ ...content, provenance: { ...provenance, arithmetic: { name: 'other', version: '2', way: 'by hand' } } }),
    ).toBe(one);
    await expect(
      store.publishTensors({ ...content, attributes: { i: 1 }, provenance: { ...provenance, arithmetic: { name: 5 } as never } }),
    ).rejects.toThrow('artifact: its description is not complete');
  });
});
