import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@fathom/tensors';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a store of tests, not of the library
import { describeWithServer } from '../../../libs/store/src/object-servers.fixture.js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { cutImages, networkPath, PREPROCESSING } from './small-material.fixture.js';

jest.setTimeout(120_000);

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../../..');
const PYTHON = process.env['FATHOM_PYTHON'] ?? 'python3';

const matrix = (name: string, rows: number, columns: number, value: (row: number, column: number) => number): Tensor => ({
  name,
  dtype: 'F32',
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns)),
});

const announced = (files: Readonly<Record<string, Uint8Array>>) => ({
  files: Object.entries(files).map(([name, bytes]) => ({
    name,
    sizeBytes: BigInt(bytes.length),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })),
});

for (const kind of ['MinIO', 'SeaweedFS'] as const)
  describeWithServer(kind, 'uploads', (server) => {
    let one: OneProcess;
    const folder = mkdtempSync(join(tmpdir(), 'fathom-uploads-'));
    beforeAll(async () => {
      const store = { location: `s3://${await server.newBucket()}/fathom`, s3: server.access };
      one = await oneProcess({
        store,
        security: { insecure: true, limits: { uploads: 4, uploadFileBytes: 2 ** 21 + 1, uploadBytes: 2 ** 21, allUploadsBytes: 2 ** 21 } },
      });
    });
    afterAll(async () => {
      await one.close();
      rmSync(folder, { recursive: true });
    });

    /** Announces files and puts those that are missing. */
    const put = async (files: Readonly<Record<string, Uint8Array>>): Promise<string> => {
      const { upload, targets } = await one.clients.uploads.createUpload(announced(files));
      for (const { name, url, headers } of targets) {
        const { 'content-length': _length, ...rest } = headers;
        const { ok } = await fetch(url, { method: 'PUT', headers: rest, body: Buffer.from(files[name]!) });
        expect(ok).toBe(true);
      }
      return upload;
    };
    const committed = async (request: Parameters<OneProcess['clients']['uploads']['commitUpload']>[0]) =>
      (await one.clients.ended('activation', (await one.clients.uploads.commitUpload(request)).operation)).result!;
    const removed = (upload: string) => one.clients.uploads.deleteUpload({ upload });

    it('of PyTorch tensors by a client in Python give the K that fathom score gives, bit for bit', async () => {
      try {
        execFileSync(PYTHON, ['-c', 'import grpc, grpc_tools, torch'], { stdio: 'pipe' });
      } catch {
        const record = process.env['FATHOM_LEFT_OUT'];
        if (record) appendFileSync(record, `K of tensors from PyTorch: needs ${PYTHON} with PyTorch and tools/python-requirements.txt\n`);
        return;
      }
      const { stdout } = await run(PYTHON, [join(ROOT, 'tools/python-upload.py'), one.address, folder]);
      const told = JSON.parse(stdout) as { k_std: number[]; asked: number[]; refused: number };
      expect(told.asked).toEqual([2, 1, 0]);
      expect(told.refused).toBeGreaterThanOrEqual(400);
      const out = join(folder, 'scores.json');
      await run(process.execPath, [join(ROOT, 'cli/bin/fathom.js'), 'score', folder, '--out', out]);
      const { k_std } = JSON.parse(readFileSync(out, 'utf8')) as { k_std: number[] };
      expect(k_std).toHaveLength(10);
      expect(told.k_std).toEqual(k_std);
    });

    it('of networks and images make the artifacts that registering files makes', async () => {
      const { test } = cutImages(join(one.folder, 'images'));
      const { images: imagesPath, labels: labelsPath } = test;
      const registered = await one.clients.activation.registerModel({
        path: networkPath('epoch-15'),
        name: 'n',
        preprocessing: PREPROCESSING,
        taps: [],
      });
      const source = { $case: 'idx' as const, value: { imagesPath, labelsPath, classNames: [] } };
      const { result: images } = await one.clients.ended(
        'activation',
        (await one.clients.activation.startRegisterImages({ name: 'i', source })).operation,
      );

      const upload = await put({
        'net.onnx': readFileSync(networkPath('epoch-15')),
        images: readFileSync(imagesPath),
        labels: readFileSync(labelsPath),
      });
      const model = { name: 'n', preprocessing: PREPROCESSING, taps: [], file: 'net.onnx' };
      expect(await committed({ upload, content: { $case: 'model', value: model } })).toEqual(registered.model);
      const uploaded = { ...source, value: { ...source.value, imagesPath: 'images', labelsPath: 'labels' } };
      expect(await committed({ upload, content: { $case: 'images', value: { name: 'i', source: uploaded } } })).toEqual(images);
      await removed(upload);
    });

    it('of activations with labels and a network can be asked what the network decides by', async () => {
      const { model } = await one.clients.activation.registerModel({
        path: networkPath('epoch-15'),
        name: 'n',
        preprocessing: PREPROCESSING,
        taps: [],
      });
      const { description } = await one.clients.activation.describeModel({ model });
      const width = description!.penultimateWidth;
      const labels: Tensor = { name: 'y', dtype: 'I32', shape: [100], data: Int32Array.from({ length: 100 }, (_, row) => row % 10) };
      const z = matrix('z', 100, 2, (row, column) => (row * (column + 3)) % 7);
      const upload = await put({ t: encodeSafetensors([matrix('a', 100, width, (row, column) => (row * column) % 5), z, labels]) });
      const of = (tensor: string) => ({ file: 't', tensor });
      const rows = { images: 'mine', first: 0 };
      const value = { rows, layers: [of('a')], labels: of('y'), classes: 0, model };
      const activations = await committed({ upload, content: { $case: 'activations', value } });
      const codes = await committed({ upload, content: { $case: 'codes', value: { rows, codes: of('z') } } });
      const { artifact } = await one.clients.artifacts.getArtifact({ artifact: activations });
      expect(JSON.parse(artifact!.attributesJson)).toEqual({
        branches: [],
        classes: 10,
        images: 'mine',
        model: model!.contentDigest,
        penultimate: 'a',
        pooling: 'elsewhere',
        rows: { first: 0, count: 100 },
        taps: ['a'],
      });
      expect(artifact?.provenance?.inputs).toEqual([model!.contentDigest]);

      const other = await committed({ upload, content: { $case: 'codes', value: { rows: { images: 'other', first: 0 }, codes: of('z') } } });
      const { operation } = await one.clients.complexity.startMeasure({ activations, layers: [], codes: other, probe: undefined });
      await expect(one.clients.ended('complexity', operation)).rejects.toMatchObject({ field: 'codes', accepted: 'codes of images mine from row 0' });
      const measured = await one.clients.complexity.startMeasure({
        activations,
        layers: [],
        codes,
        probe: { folds: 3, alphas: [], nullSeed: 0, withoutPublished: true, bits: 0 },
      });
      expect((await one.clients.ended('complexity', measured.operation)).result).toBeDefined();
      await removed(upload);
    });

    it('of a dictionary are what layers of its width are written in, as in one that was fitted here', async () => {
      const a = matrix('a', 60, 3, (row, column) => ((row + 1) * (column + 2)) % 7);
      const D = matrix('D', 3, 3, (row, column) => (row === column ? 2 ** (row - 1) : 0));
      const upload = await put({ t: encodeSafetensors([a, { ...D, name: 'atoms' }, matrix('wide', 2, 4, () => 1)]) });
      const of = (tensor: string) => ({ file: 't', tensor });
      const value = { rows: { images: 'mine', first: 0 }, layers: [of('a')], labels: undefined, classes: 0, model: undefined };
      const activations = await committed({ upload, content: { $case: 'activations', value } });
      const dictionary = await committed({ upload, content: { $case: 'dictionary', value: { atoms: of('atoms') } } });
      const { artifact } = await one.clients.artifacts.getArtifact({ artifact: dictionary });
      expect(artifact).toMatchObject({ kind: 'dictionary', tensors: [{ name: 'D', shape: [3n, 3n] }] });
      const encoded = await one.clients.dictionary.startEncode({ dictionary, activations, tensor: '' });
      const codes = (await one.clients.ended('dictionary', encoded.operation)).result!;
      const { shards } = await one.clients.artifacts.getDownload({ artifact: codes, tensors: [], pageSize: 0, pageToken: '' });
      const z = decodeSafetensors(new Uint8Array(await (await fetch(shards[0]!.url)).arrayBuffer()), 'codes').get('z')!;
      // Orthogonal atoms: z = a / length, but for the ridge.
      z.data.forEach((code, i) => expect(Number(code)).toBeCloseTo((a.data[i] as number) / 2 ** ((i % 3) - 1), 3));
      const probe = { folds: 3, alphas: [], nullSeed: 0, withoutPublished: true, bits: 0 };
      const measured = await one.clients.complexity.startMeasure({ activations, layers: [], codes, probe });
      expect((await one.clients.ended('complexity', measured.operation)).result).toBeDefined();

      const wide = await committed({ upload, content: { $case: 'dictionary', value: { atoms: of('wide') } } });
      const { operation } = await one.clients.dictionary.startEncode({ dictionary: wide, activations, tensor: '' });
      await expect(one.clients.ended('dictionary', operation)).rejects.toMatchObject({ field: 'activations', accepted: '4 channels' });
      const refused = (atoms: { file: string; tensor: string } | undefined) =>
        committed({ upload, content: { $case: 'dictionary', value: { atoms } } });
      await expect(refused(undefined)).rejects.toMatchObject({ field: 'dictionary.atoms' });
      await expect(refused(of('none'))).rejects.toMatchObject({ field: 't', value: 'none' });
      await removed(upload);
    });

    it('are downloaded shard by shard, in pages, by tensor', async () => {
      const a = matrix('a', 100, 3, (row, column) => row + column);
      const upload = await put({ t: encodeSafetensors([a, matrix('b', 100, 2, (row) => row)]) });
      const layers = ['a', 'b'].map((tensor) => ({ file: 't', tensor }));
      const value = { rows: { images: 'mine', first: 0 }, layers, labels: undefined, classes: 0, model: undefined };
      const artifact = await committed({ upload, content: { $case: 'activations', value } });
      const page = { artifact, tensors: [], pageSize: 1, pageToken: '' };
      const first = await one.clients.artifacts.getDownload(page);
      const second = await one.clients.artifacts.getDownload({ ...page, pageToken: first.nextPageToken });
      expect([...first.shards, ...second.shards].flatMap(({ rows }) => rows.map(({ tensor }) => tensor)).sort()).toEqual(['a', 'b']);
      expect(second.nextPageToken).toBe('');
      const { shards } = await one.clients.artifacts.getDownload({ ...page, pageSize: 0, tensors: ['a'] });
      const [shard] = shards;
      expect(shards).toHaveLength(1);
      expect(shard?.rows).toEqual([{ tensor: 'a', first: 0n, count: 100n }]);
      const bytes = new Uint8Array(await (await fetch(shard!.url)).arrayBuffer());
      expect(bytes.length).toBe(Number(shard!.sizeBytes));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(shard!.sha256);
      expect(decodeSafetensors(bytes, 'shard').get('a')).toEqual(a);
      await expect(one.clients.artifacts.getDownload({ ...page, tensors: ['c'] })).rejects.toMatchObject({ field: 'tensors[0]', accepted: 'a, b' });
      await removed(upload);
    });

    it('are refused beyond the quota, until one is removed', async () => {
      const uploads: string[] = [];
      const content = (index: number) => ({ t: new Uint8Array(600_000).fill(index) });
      for (let i = 0; i < 3; i++) uploads.push(await put(content(i)));
      await expect(one.clients.uploads.createUpload(announced(content(3)))).rejects.toMatchObject({ reason: 'RESOURCE_EXHAUSTED' });
      expect((await one.clients.uploads.createUpload(announced(content(2)))).targets).toEqual([]);
      await removed(uploads.pop()!);
      uploads.push(await put(content(3)));
      for (const upload of uploads) await removed(upload);
      await removed(uploads[0]!);
    });

    it('say what is wrong with their files', async () => {
      const bad = matrix('bad', 10, 2, (row) => (row === 7 ? NaN : row));
      const upload = await put({
        t: encodeSafetensors([bad, { name: 'y', dtype: 'I32', shape: [10], data: new Int32Array(10) }]),
        junk: Uint8Array.of(1, 2, 3),
      });
      const codes = (file: string, tensor: string) =>
        committed({ upload, content: { $case: 'codes', value: { rows: { images: 'mine', first: 0 }, codes: { file, tensor } } } });
      await expect(codes('t', 'bad')).rejects.toMatchObject({ name: 'InputError', message: expect.stringContaining('row 7') });
      await expect(codes('t', 'y')).rejects.toMatchObject({ field: 't: y', value: 'I32 [10]' });
      await expect(codes('t', 'none')).rejects.toMatchObject({ field: 't', value: 'none' });
      await expect(codes('junk', 'a')).rejects.toMatchObject({ field: 'junk' });
      await expect(codes('../t', 'a')).rejects.toMatchObject({ field: 'file', value: '../t', accepted: 't, junk' });
      const { targets, upload: second } = await one.clients.uploads.createUpload(announced({ absent: Uint8Array.of(1) }));
      expect(targets).toHaveLength(1);
      const absent = { rows: { images: 'mine', first: 0 }, codes: { file: 'absent', tensor: 'z' } };
      await expect(committed({ upload: second, content: { $case: 'codes', value: absent } })).rejects.toMatchObject({ field: 'absent' });
      await removed(second);
      await expect(committed({ upload: second, content: { $case: 'codes', value: absent } })).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await removed(upload);
    });

    it('of activations and networks say which of the parts do not belong together', async () => {
      const file = encodeSafetensors([
        matrix('a', 10, 2, (row) => row),
        matrix('b', 9, 2, (row) => row),
        { name: 'y', dtype: 'F32', shape: [10], data: Float32Array.from({ length: 10 }, (_, row) => (row === 4 ? 0.5 : 1)) },
        { name: 'short', dtype: 'I32', shape: [9], data: new Int32Array(9) },
      ]);
      const upload = await put({ t: file });
      const { model } = await one.clients.activation.registerModel({
        path: networkPath('epoch-15'),
        name: 'n',
        preprocessing: PREPROCESSING,
        taps: [],
      });
      const activations = (layers: string[], more: { labels?: string; model?: typeof model; images?: string } = {}) => {
        const { labels, images = 'mine' } = more;
        const value = {
          rows: { images, first: 0 },
          layers: layers.map((tensor) => ({ file: 't', tensor })),
          labels: labels === undefined ? undefined : { file: 't', tensor: labels },
          classes: 0,
          model: more.model,
        };
        return committed({ upload, content: { $case: 'activations', value } });
      };
      await expect(activations([])).rejects.toMatchObject({ field: 'activations.layers' });
      await expect(activations(['a', 'a'])).rejects.toMatchObject({ field: 'activations.layers', value: 'a' });
      await expect(activations(['b', 'a'])).rejects.toMatchObject({ field: 'activations.layers[0]', value: '9', accepted: '10 rows' });
      await expect(activations(['a'], { labels: 'y' })).rejects.toMatchObject({ field: 't: y', value: '0.5' });
      await expect(activations(['a'], { labels: 'short' })).rejects.toMatchObject({ field: 't: short', value: '[9]' });
      await expect(activations(['a'], { model })).rejects.toMatchObject({ field: 'activations.model', value: '64', accepted: '2 channels' });
      await expect(activations(['a'], { images: '' })).rejects.toMatchObject({ field: 'activations.rows.images' });
      await expect(activations(['a'], { images: 'x'.repeat(201) })).rejects.toMatchObject({ field: 'activations.rows.images' });
      const codes = { rows: { images: 'mine', first: 0 }, codes: undefined };
      await expect(committed({ upload, content: { $case: 'codes', value: codes } })).rejects.toMatchObject({ field: 'codes.codes' });
      const network = (name: string) =>
        committed({ upload, content: { $case: 'model', value: { name: 'n', preprocessing: PREPROCESSING, taps: [], file: name } } });
      await expect(network('../t')).rejects.toMatchObject({ field: 'model.file', value: '../t' });
      await expect(network('')).rejects.toMatchObject({ field: 'model.file' });
      await expect(network('none')).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await expect(network('t')).rejects.toMatchObject({ reason: expect.stringMatching(/INVALID_INPUT|UNSUPPORTED_MODEL/) as string });
      await removed(upload);
    });

    it.each<[string, { name?: string; sizeBytes?: bigint; sha256?: string }, string]>([
      ['a path', { name: 'a/b' }, 'files[0].name'],
      ['a name that begins with a dot', { name: '..' }, 'files[0].name'],
      ['no bytes', { sizeBytes: 0n }, 'files[0].size_bytes'],
      ['more bytes than a file may have', { sizeBytes: 2n ** 21n + 2n }, 'files[0].size_bytes'],
      ['more bytes than an upload may have', { sizeBytes: 2n ** 21n + 1n }, 'files'],
      ['no digest', { sha256: 'ABC' }, 'files[0].sha256'],
    ])('with %s are refused', async (_what, wrong, field) => {
      const file = { name: 'a', sizeBytes: 1n, sha256: '0'.repeat(64), ...wrong };
      await expect(one.clients.uploads.createUpload({ files: [file] })).rejects.toMatchObject({ name: 'InputError', field });
    });

    it('must have files of different names, and be committed as something', async () => {
      const file = { name: 'a', sizeBytes: 1n, sha256: '0'.repeat(64) };
      await expect(one.clients.uploads.createUpload({ files: [] })).rejects.toMatchObject({ field: 'files' });
      await expect(one.clients.uploads.createUpload({ files: [file, file] })).rejects.toMatchObject({ field: 'files[1].name' });
      await expect(one.clients.uploads.commitUpload({ upload: 'uploads/x', content: undefined })).rejects.toMatchObject({ field: 'upload' });
      const upload = `uploads/${'0'.repeat(64)}`;
      await expect(one.clients.uploads.commitUpload({ upload, content: undefined })).rejects.toMatchObject({ field: 'content' });
      const codes = { rows: { images: 'sha256:x', first: 0 }, codes: undefined };
      await expect(one.clients.uploads.commitUpload({ upload, content: { $case: 'codes', value: codes } })).rejects.toMatchObject({
        field: 'codes.rows.images.content_digest',
      });
    });
  });

it('a store in a folder has no URLs to give out, and says what to use instead', async () => {
  const one = await oneProcess();
  try {
    await expect(one.clients.uploads.createUpload(announced({ a: Uint8Array.of(1) }))).rejects.toMatchObject({
      reason: 'STORE_WITHOUT_URLS',
      message: expect.stringContaining('register networks and images from paths below an input root') as string,
    });
    const { model } = await one.clients.activation.registerModel({
      path: networkPath('epoch-15'),
      name: 'n',
      preprocessing: PREPROCESSING,
      taps: [],
    });
    await expect(one.clients.artifacts.getDownload({ artifact: model, tensors: [], pageSize: 0, pageToken: '' })).rejects.toMatchObject({
      reason: 'STORE_WITHOUT_URLS',
    });
  } finally {
    await one.close();
  }
});
