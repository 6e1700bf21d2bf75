import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore, type Provenance } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import type { Json, Tensor } from '@fathom/tensors';
import { WorkerPool } from '@fathom/operations';
import type { JobMessage } from './job-message.js';

let location: string;
let pool: WorkerPool;
beforeAll(() => {
  location = mkdtempSync(join(tmpdir(), 'fathom-worker-'));
  pool = new WorkerPool({ location }, { threads: 1, engine: 'reference' });
});
afterAll(async () => {
  await pool.close();
  rmSync(location, { recursive: true });
});

const DIGEST = '1'.repeat(64);

function message(change: Partial<JobMessage>): JobMessage {
  const request = { checkpoints: [] };
  return {
    job: 'complexity.over-training',
    request,
    requestDigest: DIGEST,
    tenant: '',
    action: { type: 'plan' },
    crewed: false,
    cancelFlag: new SharedArrayBuffer(4),
    done: new SharedArrayBuffer(4),
    ...change,
  };
}

async function put(artifacts: ArtifactStore, kind: string, attributes: Json, tensor: Tensor): Promise<{ contentDigest: string }> {
  const provenance: Provenance = {
    job: 'test',
    requestDigest: DIGEST,
    request: {},
    inputs: [],
    codeVersion: '0',
    engine: null,
    determinism: 'PORTABLE',
  };
  return { contentDigest: await artifacts.publishTensors({ kind, attributes, tensors: [tensor], provenance }) };
}

describe('a worker thread', () => {
  it('says which job it does not know', async () => {
    await expect(pool.run(message({ job: 'test.none' }))).rejects.toMatchObject({ reason: 'INTERNAL', message: 'there is no job "test.none"' });
  });

  it('that has a crew does the same', async () => {
    await expect(pool.run(message({ crewed: true }))).rejects.toMatchObject({ name: 'InputError', field: 'codes.content_digest' });
    const cancelFlag = new SharedArrayBuffer(4);
    Atomics.store(new Int32Array(cancelFlag), 0, 1);
    await expect(pool.run(message({ crewed: true, cancelFlag }))).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  it('whose engine does not work here says so, alone and with a crew', async () => {
    const broken = new WorkerPool({ location }, { threads: 1, engine: 'abacus' as 'reference' });
    try {
      for (const crewed of [false, true])
        await expect(broken.run(message({ crewed }))).rejects.toMatchObject({ name: 'InputError', field: 'engine' });
    } finally {
      await broken.close();
    }
  });

  it('does not begin what is cancelled already', async () => {
    const cancelFlag = new SharedArrayBuffer(4);
    Atomics.store(new Int32Array(cancelFlag), 0, 1);
    await expect(pool.run(message({ cancelFlag }))).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  it('passes on an input error with its field', async () => {
    await expect(pool.run(message({}))).rejects.toMatchObject({ name: 'InputError', field: 'codes.content_digest' });
  });

  it('lets go of what parts have kept for the next as soon as one of them fails', async () => {
    const objects = openStore({ location });
    const artifacts = new ArtifactStore(objects);
    const rows = { first: 0, count: 2 };
    const described = { images: `sha256:${'b'.repeat(64)}`, rows, taps: ['a'], penultimate: 'a', branches: [], pooling: 'mean', classes: 2 };
    const request = {
      activations: await put(artifacts, 'activations', described, { name: 'a', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) }),
      dictionary: await put(artifacts, 'dictionary', {}, { name: 'D', dtype: 'F64', shape: [2, 2], data: Float64Array.of(1, 0, 0, 1) }),
    };
    const encode = (part: string) => pool.run(message({ job: 'dictionary.encode', request, crewed: true, action: { type: 'part', part } }));
    const part = 'rows-00000000-00001024';
    await encode(part);
    // From here on only who has kept the encoder has one.
    const { manifest } = await artifacts.open(request.dictionary.contentDigest);
    for (const { key } of manifest.shards) await objects.delete(key);
    await encode(part);
    await expect(encode('rows-00009000-00009001')).rejects.toMatchObject({ name: 'InputError' });
    await expect(encode(part)).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
  });

  it('does not put together what has a part missing', async () => {
    const action = { type: 'finish', parts: ['checkpoint-000'] } as const;
    await expect(pool.run(message({ action }))).rejects.toMatchObject({ reason: 'CORRUPT_DATA', message: expect.stringContaining('checkpoint-000') });
    expect(await new ArtifactStore(openStore({ location })).result(DIGEST)).toBeUndefined();
  });
});
