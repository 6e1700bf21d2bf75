import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as requestHttp, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Fathom, type Matrix, type Ref } from '@fathom/client';
import { encodeSafetensors } from '@fathom/tensors';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a store of tests, not of the library
import { describeWithServer } from '../../../libs/store/src/object-servers.fixture.js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { cutImages, networkPath, PREPROCESSING, TEST_IMAGES } from './small-material.fixture.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
const PYTHON = process.env['FATHOM_PYTHON'] ?? 'python3';
const PACKAGE = resolve(__dirname, '../../../clients/python');

/** Numbers in [−1, 1) that are the same everywhere. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const ROWS = 1500;
const layers: Record<string, Matrix> = {
  early: { shape: [ROWS, 12], data: numbers(ROWS * 12, 1) },
  late: { shape: [ROWS, 8], data: numbers(ROWS * 8, 2) },
};
const late = layers['late']!.data;
const codes: Matrix = {
  shape: [ROWS, 3],
  data: Float32Array.from({ length: ROWS * 3 }, (_, i) => Math.max(0, late[Math.floor(i / 3) * 8 + (i % 3)]!)),
};

/** A way to the store that is seen, and cut: the first `cuts` bodies that are put break off. */
async function watchedStore(endpoint: string) {
  const seen: string[] = [];
  const cut = { left: 0 };
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    seen.push(incoming.method ?? '');
    if (incoming.method === 'PUT' && cut.left > 0) {
      cut.left -= 1;
      incoming.socket.destroy();
      return;
    }
    const { method, headers } = incoming;
    const passed = requestHttp(`${endpoint}${incoming.url ?? ''}`, { ...(method !== undefined && { method }), headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, cut, close };
}

describeWithServer('MinIO', 'the client packages', (server) => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-clients-'));
  let one: OneProcess;
  let fathom: Fathom;
  let way: Awaited<ReturnType<typeof watchedStore>>;
  let activations: Ref;
  let measured: Awaited<ReturnType<Fathom['scores']>>;
  beforeAll(async () => {
    way = await watchedStore(server.access.endpoint);
    const s3 = { ...server.access, publicEndpoint: way.endpoint };
    one = await oneProcess({ store: { location: `s3://${await server.newBucket()}/fathom`, s3 } });
    fathom = new Fathom(one.address);
    activations = await fathom.uploadActivations({ layers });
    measured = await fathom.scores({ activations, codes });
  });
  afterAll(async () => {
    fathom.close();
    await one.close();
    way.close();
    rmSync(folder, { recursive: true });
  });

  it('take arrays and give scores: the same as of artifacts, and as fathom score gives', async () => {
    const stages: string[] = [];
    const table = await fathom.scores({ activations: { layers }, codes, onProgress: ({ job }) => stages.push(job) });
    expect(table.artifact).toEqual(measured.artifact);
    expect(new Set(stages)).toEqual(new Set(['upload.register', 'complexity.measure']));
    writeFileSync(
      join(folder, 'layers.safetensors'),
      encodeSafetensors(Object.entries(layers).map(([name, matrix]) => ({ name, dtype: 'F32', ...matrix }))),
    );
    writeFileSync(join(folder, 'codes.safetensors'), encodeSafetensors([{ name: 'z', dtype: 'F32', ...codes }]));
    await run(process.execPath, [resolve(PACKAGE, '../../cli/bin/fathom.js'), 'score', folder, '--out', join(folder, 'scores.json')]);
    const { k_std } = JSON.parse(readFileSync(join(folder, 'scores.json'), 'utf8')) as { k_std: number[] };
    expect([...(table.columns['k_std'] as Float64Array)]).toEqual(k_std);
  });

  it('show scores as a table: columns, rows, and what has more dimensions', () => {
    expect(measured.features).toBe(3);
    expect(measured.rows()[1]).toMatchObject({ feature: 1, k_std: measured.columns['k_std']![1], live: 1 });
    expect(measured.tensors['r2']?.shape).toEqual([3, 2]);
    expect(measured.columns['r2']).toBeUndefined();
    expect(measured.attributes['layers']).toEqual(['early', 'late']);
    return expect(fathom.table(activations)).rejects.toMatchObject({ field: 'artifact', value: 'activations' });
  });

  it('read rows of a tensor through the service and from the store, the same bits', async () => {
    for (const options of [{}, { first: 1000, count: 100 }, { first: 1020, count: 10 }, { first: 1499 }, { first: ROWS }]) {
      const streamed = await fathom.tensor(activations, 'late', options);
      expect(await fathom.tensor(activations, 'late', { ...options, via: 'download' })).toEqual(streamed);
      const { first = 0, count = ROWS - first } = options;
      expect(streamed).toEqual({ name: 'late', dtype: 'F32', shape: [count, 8], data: late.slice(first * 8, (first + count) * 8) });
    }
  });

  it.each(['stream', 'download'] as const)('say which rows and tensors there are, by %s', async (via) => {
    await expect(fathom.tensor(activations, 'none', { via })).rejects.toMatchObject({ name: 'InputError', value: 'none', accepted: 'early, late' });
    await expect(fathom.tensor(activations, 'late', { via, first: ROWS + 1 })).rejects.toMatchObject({ name: 'InputError' });
    await expect(fathom.tensor(activations, 'late', { via, first: 1, count: ROWS })).rejects.toMatchObject({ name: 'InputError' });
    const missing = { contentDigest: `sha256:${'0'.repeat(64)}` };
    await expect(fathom.tensor(missing, 'late', { via })).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });

  it('send again what a broken connection lost of an upload, and nothing else', async () => {
    const files = { a: new Uint8Array(1000).fill(1), b: join(folder, 'b') };
    writeFileSync(files.b, encodeSafetensors([{ name: 'z', dtype: 'F32', shape: [1, 1], data: Float32Array.of(1) }]));
    way.seen.length = 0;
    way.cut.left = 1;
    const value = { rows: { images: 'r', first: 0 }, codes: { file: 'b', tensor: 'z' } };
    const made = await fathom.upload(files, { $case: 'codes', value });
    expect((await fathom.describe(made)).kind).toBe('codes');
    expect(way.seen).toEqual(['PUT', 'PUT', 'PUT']);
  });

  it('give up on a store that takes nothing, and say so', async () => {
    way.cut.left = 1_000;
    const hasty = new Fathom(one.address, { patienceMs: 300 });
    try {
      await expect(hasty.uploadCodes({ shape: [1, 1], data: Float32Array.of(2) })).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    } finally {
      hasty.close();
      way.cut.left = 0;
    }
  });

  it('bring networks and images, and run whatever the contracts have', async () => {
    const { test } = cutImages(join(folder, 'images'));
    const pixels = readFileSync(test.images).subarray(16);
    const images = await fathom.uploadImages(
      { shape: [TEST_IMAGES, 28, 28], data: Uint8Array.from(pixels) },
      Int32Array.from(readFileSync(test.labels).subarray(8)),
    );
    const model = await fathom.uploadNetwork(networkPath('epoch-15'), PREPROCESSING);
    const rows = { first: 0, count: 50 };
    const extracted = await fathom.run(fathom.activation, () =>
      fathom.activation.startExtract({ model, images, rows, taps: [], branches: false, pooling: 0 }),
    );
    expect((await fathom.tensor(extracted, 'labels')).shape).toEqual([50]);
    const { capabilities } = fathom;
    expect((await capabilities.getCapabilities({})).threads).toBe(2);
  });

  it('throw what an operation fails with, and what stops it', async () => {
    const other = await fathom.uploadCodes({ ...codes, shape: [ROWS, 3] }, 'other');
    await expect(fathom.scores({ activations, codes: other })).rejects.toMatchObject({ field: 'codes', accepted: 'codes of images rows from row 0' });
    const signal = AbortSignal.abort();
    await expect(fathom.scores({ activations, codes: other, signal })).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  it('in Python do the same, by its own tests', async () => {
    try {
      execFileSync(PYTHON, ['-c', 'import grpc, numpy'], { stdio: 'pipe' });
    } catch {
      const record = process.env['FATHOM_LEFT_OUT'];
      if (record) appendFileSync(record, `the client package in Python: needs ${PYTHON} with tools/python-requirements.txt (FATHOM_PYTHON)\n`);
      return;
    }
    const { k_std } = measured.columns;
    const { network, images, labels } = { network: networkPath('epoch-15'), ...cutImages(join(folder, 'images')).test };
    const known = {
      k_std: [...(k_std as Float64Array)],
      artifact: measured.artifact.contentDigest,
      activations: activations.contentDigest,
      network,
      images,
      labels,
    };
    writeFileSync(join(folder, 'known.json'), JSON.stringify(known));
    for (const [name, matrices] of Object.entries({ layers, codes: { z: codes } }))
      writeFileSync(
        join(folder, `${name}.safetensors`),
        encodeSafetensors(Object.entries(matrices).map(([name, matrix]) => ({ name, dtype: 'F32', ...matrix }))),
      );
    const env = { ...process.env, FATHOM_ADDRESS: one.address, FATHOM_KNOWN: folder, PYTHONDONTWRITEBYTECODE: '1' };
    const { stderr } = await run(PYTHON, ['-W', 'error', '-m', 'unittest', 'tests/test_alone.py', 'tests/test_services.py'], { cwd: PACKAGE, env });
    expect(stderr).toMatch(/\nOK\n$/);
  });
});
