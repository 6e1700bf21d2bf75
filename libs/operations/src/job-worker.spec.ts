import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
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

  it.each([false, true])('is stopped while the store does not answer (with a crew: %s)', async (crewed) => {
    const silent = createServer(); // takes connections, and says nothing
    const asked = once(silent, 'connection');
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const s3 = { endpoint, accessKey: 'a', secretKey: 'b' };
    const waiting = new WorkerPool({ location: 's3://bucket', s3 }, { threads: 1, engine: 'reference' });
    try {
      const cancelFlag = new SharedArrayBuffer(4);
      const codes = { contentDigest: `sha256:${DIGEST}` };
      const running = waiting.run(message({ crewed, cancelFlag, action: { type: 'finish', parts: ['p'] }, request: { checkpoints: [], codes } }));
      const connection = ((await asked) as [Socket])[0];
      Atomics.store(new Int32Array(cancelFlag), 0, 1);
      await expect(running).rejects.toMatchObject({ reason: 'CANCELLED' });
      connection.destroy();
    } finally {
      await waiting.close();
      silent.close();
    }
  });

  it('passes on an input error with its field', async () => {
    await expect(pool.run(message({}))).rejects.toMatchObject({ name: 'InputError', field: 'codes.content_digest' });
  });

  const PART = 'rows-00000000-00001024';

  /** The request of an encoding by a dictionary that lies, with what it is about, in a store. */
  async function encoding(artifacts: ArtifactStore) {
    const rows = { first: 0, count: 2 };
    const described = { images: `sha256:${'b'.repeat(64)}`, rows, taps: ['a'], penultimate: 'a', branches: [], pooling: 'mean', classes: 2 };
    return {
      activations: await put(artifacts, 'activations', described, { name: 'a', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) }),
      dictionary: await put(artifacts, 'dictionary', {}, { name: 'D', dtype: 'F64', shape: [2, 2], data: Float64Array.of(1, 0, 0, 1) }),
    };
  }
  const encode = (part: string, change: Partial<JobMessage>): JobMessage =>
    message({ job: 'dictionary.encode', crewed: true, action: { type: 'part', part }, ...change });

  it('runs no part that may be finished and is, and every part that cannot be', async () => {
    const artifacts = new ArtifactStore(openStore({ location }));
    const request = await encoding(artifacts);
    const requestDigest = '2'.repeat(64);
    const part = (mayBeThere: boolean): Promise<Json> =>
      pool.run(encode(PART, { request, requestDigest, action: { type: 'part', part: PART, mayBeThere } }));
    expect(await part(true)).toBeNull();
    expect(await artifacts.part(requestDigest, PART)).toBeDefined();
    expect(await part(true)).toBe('found');
    expect(await part(false)).toBeNull();
  });

  it('lets go of what parts have kept for the next as soon as one of them fails', async () => {
    const objects = openStore({ location });
    const artifacts = new ArtifactStore(objects);
    const request = await encoding(artifacts);
    await pool.run(encode(PART, { request }));
    // From here on only who has kept the encoder has one.
    const { manifest } = await artifacts.open(request.dictionary.contentDigest);
    for (const { key } of manifest.shards) await objects.delete(key);
    await pool.run(encode(PART, { request }));
    await expect(pool.run(encode('rows-00009000-00009001', { request }))).rejects.toMatchObject({ name: 'InputError' });
    await expect(pool.run(encode(PART, { request }))).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
  });

  it("reads and writes the asking tenant's part of the store alone, and keeps nothing of one tenant for another", async () => {
    const shared = new WorkerPool({ location }, { threads: 1, engine: 'reference', perTenant: true });
    const storeOf = (tenant: string) => openStore({ location, tenant });
    const parts = async (tenant: string): Promise<string[]> => {
      const keys: string[] = [];
      for await (const { key } of storeOf(tenant).list('parts/')) keys.push(key);
      return keys;
    };
    try {
      const request = await encoding(new ArtifactStore(storeOf('a')));
      await shared.run(encode(PART, { request, tenant: 'a' }));
      expect(await parts('a')).toHaveLength(1);
      await expect(shared.run(encode(PART, { request, tenant: 'b' }))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      // b has the names now, but not the bytes that the thread has kept for a.
      const own = new ArtifactStore(storeOf('b'));
      expect(await encoding(own)).toEqual(request);
      await shared.run(encode(PART, { request, tenant: 'a' }));
      const { manifest } = await own.open(request.dictionary.contentDigest);
      for (const { key } of manifest.shards) await storeOf('b').delete(key);
      await expect(shared.run(encode(PART, { request, tenant: 'b' }))).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
      expect(await parts('b')).toEqual([]);
    } finally {
      await shared.close();
    }
  });

  it('does not put together what has a part missing', async () => {
    const action = { type: 'finish', parts: ['checkpoint-000'] } as const;
    await expect(pool.run(message({ action }))).rejects.toMatchObject({ reason: 'CORRUPT_DATA', message: expect.stringContaining('checkpoint-000') });
    expect(await new ArtifactStore(openStore({ location })).result(DIGEST)).toBeUndefined();
  });
});
