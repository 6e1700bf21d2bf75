import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activation, complexity, dictionary, importance, operations, robustness, type study, type upload, type artifact } from '@fathom/contracts';
import type { ConnectOptions } from '@fathom/service-kit';
import { openStore, type StoreConfig } from '@fathom/store';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
// eslint-disable-next-line @nx/enforce-module-boundaries -- a store of tests, not of the library
import { describeWithServer } from '../../../libs/store/src/object-servers.fixture.js';
import { everyMethod, PATHS, type EveryMethod } from './every-method.fixture.js';
import { fathomClients, type FathomClients } from './fathom-clients.fixture.js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { networkPath, PREPROCESSING, smallStudy } from './small-material.fixture.js';

jest.setTimeout(240_000);

/** Methods whose requests name nothing that is kept: what they answer or make is the caller's own. */
const NAMING_NOTHING = [
  '/fathom.activation.v1.ActivationService/RegisterModel',
  '/fathom.activation.v1.ActivationService/StartRegisterImages',
  '/fathom.artifact.v1.ArtifactService/ListArtifacts',
  '/fathom.operations.v1.OperationsService/ListOperations',
  '/fathom.platform.v1.CapabilitiesService/GetCapabilities',
  '/fathom.study.v1.StudyService/ListStudies',
  '/fathom.upload.v1.UploadService/CreateUpload',
];

/** Methods that a study's steps are started by, with the job of each and the form that its request is kept in. */
const STEPS: Readonly<Record<string, readonly [job: string, codec: { fromJSON(json: unknown): unknown }]>> = {
  '/fathom.activation.v1.ActivationService/StartExtract': ['activation.extract', activation.StartExtractRequest],
  '/fathom.complexity.v1.ComplexityService/StartMeasure': ['complexity.measure', complexity.StartMeasureRequest],
  '/fathom.complexity.v1.ComplexityService/StartMeasureFlow': ['complexity.flow', complexity.StartMeasureFlowRequest],
  '/fathom.complexity.v1.ComplexityService/StartMeasureOverTraining': ['complexity.over-training', complexity.StartMeasureOverTrainingRequest],
  '/fathom.dictionary.v1.DictionaryService/StartDescribe': ['dictionary.describe', dictionary.StartDescribeRequest],
  '/fathom.dictionary.v1.DictionaryService/StartEncode': ['dictionary.encode', dictionary.StartEncodeRequest],
  '/fathom.dictionary.v1.DictionaryService/StartFit': ['dictionary.fit', dictionary.StartFitRequest],
  '/fathom.importance.v1.ImportanceService/StartAblate': ['importance.ablate', importance.StartAblateRequest],
  '/fathom.importance.v1.ImportanceService/StartMeasure': ['importance.measure', importance.StartMeasureRequest],
  '/fathom.robustness.v1.RobustnessService/StartMeasureLocality': ['robustness.locality', robustness.StartMeasureLocalityRequest],
  '/fathom.robustness.v1.RobustnessService/StartMeasureSensitivity': ['robustness.sensitivity', robustness.StartMeasureSensitivityRequest],
};

const digestsIn = (value: unknown): string[] =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? '' : each)).match(/[0-9a-f]{64}/g) ?? [];
/** As all learn it who ask for anything: with no name in it. */
const withoutNames = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(/[0-9a-f]{64}/g, '#')) as unknown;

/** The same with other names, of things that never were. */
function namingNothing(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/[0-9a-f]{64}/g, (digest) => createHash('sha256').update(digest).digest('hex'));
  if (Array.isArray(value)) return value.map(namingNothing);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, namingNothing(each)]));
}

describeWithServer('MinIO', 'two tenants of the same services', (server) => {
  const folder = mkdtempSync(join(tmpdir(), 'fathom-isolation-'));
  const open: { close(): void }[] = [];
  let one: OneProcess;
  let store: StoreConfig;
  let tokenOf: (tenant: string, scope: string) => Promise<string>;
  let requests: Readonly<Record<string, unknown>>;
  let ofA: { clients: FathomClients; methods: EveryMethod };
  let ofB: typeof ofA;
  let objectsOfA: ReadonlyMap<string, string>;
  let spec: study.StudySpec;

  async function options(tenant: string, scope = 'read run register'): Promise<ConnectOptions> {
    const tokenFile = join(folder, `token-${open.length}-${tenant}`);
    writeFileSync(tokenFile, await tokenOf(tenant, scope));
    return { tokenFile };
  }
  async function callers(tenant: string): Promise<typeof ofA> {
    const connection = await options(tenant);
    const made = { clients: fathomClients(one.addresses, connection), methods: everyMethod(one.address, connection) };
    open.push(made.clients, made.methods);
    return made;
  }

  /** Keys of a tenant's objects, and their bytes. */
  async function objectsOf(tenant: string | undefined): Promise<Map<string, string>> {
    const objects = openStore({ ...store, ...(tenant === undefined ? {} : { tenant }) });
    const found = new Map<string, string>();
    for await (const { key } of objects.list('')) found.set(key, Buffer.from(await objects.get(key)).toString('latin1'));
    return found;
  }

  /** The same with the SHA-256 of the bytes. */
  async function imagesOf(tenant: string): Promise<Map<string, string>> {
    return new Map([...(await objectsOf(tenant))].map(([key, text]) => [key, createHash('sha256').update(text).digest('hex')]));
  }

  const fileToUpload = (): upload.UploadFile & { bytes: Buffer } => {
    const bytes = readFileSync(networkPath('epoch-15'));
    return { name: 'net.onnx', sizeBytes: BigInt(bytes.length), sha256: createHash('sha256').update(bytes).digest('hex'), bytes };
  };

  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA');
    const jwksFile = join(folder, 'jwks.json');
    writeFileSync(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] }));
    tokenOf = (tenant, scope) =>
      new SignJWT({ iss: 'https://issuer.example', aud: 'fathom', exp: 4_000_000_000, sub: `of ${tenant}`, tenant, scope })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
        .sign(privateKey);
    const clientTokenFile = join(folder, 'service-token');
    writeFileSync(clientTokenFile, await tokenOf('fathom', 'admin'));
    store = { location: `s3://${await server.newBucket()}/fathom`, s3: server.access };
    const tokens = { issuer: 'https://issuer.example', audience: 'fathom', jwksFile };
    one = await oneProcess({ store, security: { tokens, insecure: true, clientTokenFile } });
    ofA = await callers('team-a');
    ofB = await callers('team-b');
  });
  afterAll(async () => {
    for (const each of open) each.close();
    await one.close();
    rmSync(folder, { recursive: true });
  });

  it('what one of them is running, the other can neither see nor stop', async () => {
    const made = await smallStudy(one.folder, ofA.clients);
    spec = { ...made, checkpoints: made.checkpoints.slice(1), controls: [] };
    const { operation } = await ofA.clients.study.startStudy({ spec });
    const { name } = operation!;
    const never = { reason: 'NOT_FOUND', message: `no operation is named "${name}"` };
    const following = ofB.clients.operations.study;
    await expect(following.getOperation({ name })).rejects.toMatchObject(never);
    await expect(following.waitOperation({ name, timeoutMs: 1 })).rejects.toMatchObject(never);
    await expect(following.cancelOperation({ name })).rejects.toMatchObject(never);
    await expect(following.watchOperation({ name, afterSequence: 0 })[Symbol.asyncIterator]().next()).rejects.toMatchObject(never);
    await expect(ofB.clients.study.getStudy({ name: name.replace('operations', 'studies') })).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    const running = await ofA.clients.operations.study.getOperation({ name });
    expect(running.operation?.state).toBe(operations.OperationState.RUNNING);
    expect((await ofA.clients.ended('study', operation)).state).toBe(operations.OperationState.SUCCEEDED);
  });

  it('everything of a study lies below the name of its tenant, and all its steps were done for it', async () => {
    const all = [...(await objectsOf(undefined)).keys()];
    expect(all.filter((key) => !key.startsWith('tenants/team-a/'))).toEqual([]);
    for (const folderOfA of ['artifacts', 'blobs', 'operations', 'parts', 'results', 'studies'])
      expect(all.some((key) => key.startsWith(`tenants/team-a/${folderOfA}/`))).toBe(true);
    const records = [...(await objectsOf('team-a'))].filter(([key]) => key.startsWith('operations/'));
    expect(new Set(records.map(([, text]) => (JSON.parse(text) as { tenant: string }).tenant))).toEqual(new Set(['team-a']));
  });

  it('of every method of the contracts there is a request here', async () => {
    const file = fileToUpload();
    const created = await ofA.clients.uploads.createUpload({ files: [file] });
    for (const { url, headers } of created.targets) {
      expect(new URL(url).pathname).toContain(`/fathom/tenants/team-a/uploads/`);
      const { 'content-length': _length, ...rest } = headers;
      expect((await fetch(url, { method: 'PUT', headers: rest, body: file.bytes })).ok).toBe(true);
    }
    const kept = await objectsOf('team-a');
    const digestsOfA = new Set(digestsIn([...kept.keys()]));
    digestsOfA.delete(file.sha256); // known from the bytes alone
    const jobs = new Map<string, unknown>();
    for (const [key, text] of kept) {
      if (!key.startsWith('operations/')) continue;
      const { job, request } = JSON.parse(text) as { job: string; request: unknown };
      jobs.set(job, request);
    }
    const { study: ran } = await ofA.clients.study.getStudy({
      name: [...kept.keys()].find((key) => key.startsWith('studies/'))!.replace(/\/\d+$/, ''),
    });
    const stepOf = (name: string): artifact.ArtifactRef => ran!.steps.find((step) => step.name === name)!.operation!.result!;
    const { model } = spec.checkpoints.at(-1)!;
    const { name } = ran!.operation!;
    const source = { $case: 'idx' as const, value: { imagesPath: join(one.folder, 't10k-images'), labelsPath: '', classNames: [] } };
    const register = { preprocessing: PREPROCESSING, taps: [] };
    const started = Object.entries(STEPS).map(([path, [job, codec]]) => [path, codec.fromJSON(jobs.get(job))] as const);
    requests = {
      ...Object.fromEntries(started),
      '/fathom.activation.v1.ActivationService/RegisterModel': { ...register, path: networkPath('epoch-15'), name: 'epoch-15' },
      '/fathom.activation.v1.ActivationService/DescribeModel': { model },
      '/fathom.activation.v1.ActivationService/StartRegisterImages': { name: 'test', source },
      '/fathom.artifact.v1.ArtifactService/GetArtifact': { artifact: model },
      '/fathom.artifact.v1.ArtifactService/GetDownload': { artifact: model, tensors: [], pageSize: 0, pageToken: '' },
      '/fathom.artifact.v1.ArtifactService/ListArtifacts': { pageSize: 0, pageToken: '', kind: '' },
      '/fathom.artifact.v1.ArtifactService/ReadTensor': { artifact: stepOf('epoch-15/codes'), tensor: 'z', first: 0n, count: 2n },
      '/fathom.operations.v1.OperationsService/CancelOperation': { name },
      '/fathom.operations.v1.OperationsService/GetOperation': { name },
      '/fathom.operations.v1.OperationsService/ListOperations': { pageSize: 0, pageToken: '' },
      '/fathom.operations.v1.OperationsService/WaitOperation': { name, timeoutMs: 1 },
      '/fathom.operations.v1.OperationsService/WatchOperation': { name, afterSequence: 0 },
      '/fathom.platform.v1.CapabilitiesService/GetCapabilities': {},
      '/fathom.study.v1.StudyService/GetStudy': { name: ran!.name },
      '/fathom.study.v1.StudyService/ListStudies': { pageSize: 0, pageToken: '' },
      '/fathom.study.v1.StudyService/StartStudy': { spec },
      '/fathom.upload.v1.UploadService/CommitUpload': {
        upload: created.upload,
        content: { $case: 'model', value: { ...register, name: 'n', file: file.name } },
      },
      '/fathom.upload.v1.UploadService/CreateUpload': { files: [file] },
      '/fathom.upload.v1.UploadService/DeleteUpload': { upload: created.upload },
    };
    expect(Object.keys(requests).sort()).toEqual(PATHS);
    const naming = Object.entries(requests).flatMap(([path, request]) => (digestsIn(request).some((digest) => digestsOfA.has(digest)) ? [path] : []));
    expect([...naming, ...NAMING_NOTHING].sort()).toEqual(PATHS);
  });

  it.each(NAMING_NOTHING.filter((path) => path.includes('/List')))('%s lists nothing of the other', async (path) => {
    expect(digestsIn(await ofA.methods.call(path, requests[path])).length).toBeGreaterThan(0);
    expect(digestsIn(await ofB.methods.call(path, requests[path]))).toEqual([]);
  });

  it('what the other has uploaded counts for nobody else', async () => {
    const path = '/fathom.upload.v1.UploadService/CreateUpload';
    expect(await ofA.methods.call(path, requests[path])).toEqual({ answer: expect.stringContaining('"targets":[]') });
    objectsOfA = await imagesOf('team-a');
    expect(await ofB.methods.call(path, requests[path])).toEqual({ answer: expect.stringContaining('/fathom/tenants/team-b/uploads/files/') });
    const name = (requests['/fathom.upload.v1.UploadService/DeleteUpload'] as { upload: string }).upload;
    await ofB.clients.uploads.deleteUpload({ upload: name });
  });

  it.each(PATHS.filter((path) => !NAMING_NOTHING.includes(path)))('%s tells of what is the other’s as of what never was', async (path) => {
    const request = requests[path];
    // A moment ago, so that what is remembered for one would be there for the other.
    if (!path.includes('UploadService')) expect(await ofA.methods.call(path, request)).toEqual({ answer: expect.any(String) });
    const outcome = await ofB.methods.call(path, request);
    expect(withoutNames(outcome)).toEqual(withoutNames(await ofB.methods.call(path, namingNothing(request))));
    if (path !== '/fathom.upload.v1.UploadService/DeleteUpload') expect(outcome).toEqual({ refusal: expect.stringMatching(/^\["NOT_FOUND",/) });
  });

  it('none of this has changed a byte of what is the other’s', async () => {
    expect(await imagesOf('team-a')).toEqual(objectsOfA);
  });

  it('the same requests are good where they name what is one’s own', async () => {
    const last = '/fathom.upload.v1.UploadService/DeleteUpload';
    for (const path of [...PATHS.filter((each) => each !== last), last])
      expect([path, await ofA.methods.call(path, requests[path])]).toEqual([path, { answer: expect.any(String) }]);
  });

  it('the same work of both makes the same artifacts, for each its own; and what one does changes nothing of the other', async () => {
    const before = await imagesOf('team-a');
    const ownBefore = new Set([...(await objectsOf('team-b')).keys()].filter((key) => key.startsWith('artifacts/')));
    expect(ownBefore).toEqual(new Set());
    const again = await smallStudy(one.folder, ofB.clients);
    expect({ ...again, checkpoints: again.checkpoints.slice(1), controls: [] }).toEqual(spec);
    const path = '/fathom.activation.v1.ActivationService/StartExtract';
    const made = (await ofB.methods.call(path, requests[path])) as { answer: string };
    expect(made).toEqual(await ofA.methods.call(path, requests[path]));
    const key = `artifacts/${digestsIn(made.answer)[0]}`;
    const ofEach = [before.get(key), (await objectsOf('team-b')).get(key)];
    expect(ofEach[0]).toBeDefined();
    expect(ofEach[1]).toBeDefined();
    expect(await imagesOf('team-a')).toEqual(before);
    const outside = [...(await objectsOf(undefined)).keys()].filter((each) => !/^tenants\/team-[ab]\//.test(each));
    expect(outside).toEqual([]);
  });

  it('nobody becomes another tenant by what they send along', async () => {
    const forged = everyMethod(one.address, { ...(await options('team-b')), tenant: 'team-a' });
    open.push(forged);
    for (const path of PATHS)
      expect([path, await forged.call(path, requests[path])]).toEqual([path, { refusal: expect.stringMatching(/^\["PERMISSION_DENIED",/) }]);
  });

  it('a log line of a call says who called and for which tenant, also where the study service calls for it', () => {
    const calls = one.lines.filter(({ msg, method }) => msg === 'call' && String(method).endsWith('/StartFit'));
    expect(calls).toEqual(expect.arrayContaining([expect.objectContaining({ subject: 'of fathom', tenant: 'team-a' })]));
    expect(new Set(one.lines.filter(({ msg }) => msg === 'call').map(({ tenant }) => tenant))).toEqual(new Set(['team-a', 'team-b']));
  });
});
