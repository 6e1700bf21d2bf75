import { memoryStore, type ObjectStore } from '@fathom/store';
import { jsonDigest } from '@fathom/tensors';
import { ArtifactStore } from './artifact-store.js';
import { NO_DIGEST, matrix, provenance } from './artifacts.fixture.js';

const request = jsonDigest({ job: 'codes' });
let objects: ObjectStore;
let store: ArtifactStore;
const publish = (kind: string) => store.publishTensors({ kind, attributes: {}, provenance, tensors: [matrix('z', 2, 2)] });

beforeEach(() => {
  objects = memoryStore();
  store = new ArtifactStore(objects);
});

describe('the result of a request', () => {
  it('is there once it was recorded', async () => {
    expect(await store.result(request)).toBeUndefined();
    const digest = await publish('a');
    expect(await store.setResult(request, digest)).toBe(digest);
    expect(await store.result(request)).toBe(digest);
    expect(await store.result(request.slice('sha256:'.length))).toBe(digest);
  });

  it('is the first that was recorded, also when two finish at once', async () => {
    const digests = [await publish('a'), await publish('b'), await publish('c')];
    const recorded = await Promise.all(digests.map((digest) => store.setResult(request, digest)));
    expect(new Set(recorded).size).toBe(1);
    expect(await store.setResult(request, digests[2]!)).toBe(recorded[0]);
    expect(await store.result(request)).toBe(recorded[0]);
  });

  it('gives way when its artifact is lost, or the record is damaged', async () => {
    const digest = await publish('a');
    await store.setResult(request, digest);
    await objects.delete(`artifacts/${digest.slice(7)}`);
    const again = await publish('b');
    expect(await store.setResult(request, again)).toBe(again);
    await objects.put(`results/${request.slice(7)}`, Buffer.from('{"content":"x"}'));
    await expect(store.result(request)).rejects.toMatchObject({ reason: 'CORRUPT_DATA', metadata: { key: `results/${request.slice(7)}` } });
    expect(await store.setResult(request, again)).toBe(again);
    expect(await store.result(request)).toBe(again);
  });

  it('needs digests', async () => {
    await expect(store.result('../x')).rejects.toThrow('request: not a digest (got ../x)');
    await expect(store.setResult(request, 'x')).rejects.toThrow('result: not a digest (got x)');
    await expect(store.setResult('x', NO_DIGEST)).rejects.toThrow('request: not a digest (got x)');
  });
});

describe('a finished part', () => {
  it('is there once it was recorded, and stays as it is, whatever one who is late records', async () => {
    expect(await store.part(request, 'layer-1/fold-2')).toBeUndefined();
    await store.setPart(request, 'layer-1/fold-2', { r2: [0.5, 1e-300], name: 'é' });
    expect(await store.part(request, 'layer-1/fold-2')).toEqual({ r2: [0.5, 1e-300], name: 'é' });
    await store.setPart(request, 'layer-1/fold-2', { r2: [0.25, 0], name: 'late' });
    expect(await store.part(request, 'layer-1/fold-2')).toEqual({ r2: [0.5, 1e-300], name: 'é' });
    expect(await store.part(request, 'layer-1/fold-3')).toBeUndefined();
    await store.setPart(request, 'layer-1/fold-3', null);
    expect(await store.part(request, 'layer-1/fold-3')).toBeNull();
  });

  it('is recorded again where the first is removed as garbage just then', async () => {
    await store.setPart(request, 'p', 1);
    const key = `parts/${request.slice(7)}/p`;
    await objects.put('gc/sweep', Buffer.from(JSON.stringify({ keys: [key] })));
    const late = store.setPart(request, 'p', 1);
    await objects.delete(key);
    await objects.delete('gc/sweep');
    await late;
    expect(await store.part(request, 'p')).toBe(1);
  });

  it('is refused when JSON cannot hold it, or its name is none', async () => {
    await expect(store.setPart(request, 'p', { sum: Infinity })).rejects.toThrow('.sum: cannot be written as JSON (got Infinity)');
    await expect(store.setPart(request, '../p', 1)).rejects.toThrow('key: not a key');
  });
});
