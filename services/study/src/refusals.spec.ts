import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '@fathom/contracts';
import type { ServiceError } from '@grpc/grpc-js';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { call, refusalOfCall, refusalOfOperation, type Refusal } from './refusal.fixture.js';
import { cutImages, networkPath, smallStudy } from './small-material.fixture.js';
import { StandIns, type Ref } from './stand-in-artifacts.fixture.js';
import { ABSENT, CLIENTS, extract, register, WRONG, type Given } from './wrong-requests.fixture.js';

jest.setTimeout(120_000);

let one: OneProcess;
let given: Given;

beforeAll(async () => {
  one = await oneProcess();
  const { clients, folder } = one;
  const spec = await smallStudy(folder, clients);
  const whole = { ...spec, checkpoints: spec.checkpoints.slice(2), controls: [] };
  const { operation } = await clients.study.startStudy({ spec: whole });
  await clients.ended('study', operation);
  const { study: done } = await clients.study.getStudy({ name: operation!.name.replace('operations', 'studies') });
  const step = (name: string): Ref => done!.steps.find((each) => each.name === `epoch-15/${name}`)!.operation!.result!;
  const made = new StandIns(one.store);
  const images = spec.test!.images!;
  const wave = (row: number, column: number): number => ((row * 7 + column * 13) % 11) / 11;
  const vector = (name: string) => ({ name, dtype: 'F64' as const, shape: [2], data: new Float64Array(2) });
  given = {
    model: spec.checkpoints[2]!.model!,
    otherModel: spec.checkpoints[0]!.model!,
    images,
    activations: step('activations'),
    codes: step('codes'),
    dictionary: step('dictionary'),
    complexity: step('complexity'),
    importance: step('importance'),
    narrow: await made.dictionary(4, 5),
    few: await made.activations(20, 30, wave, { labels: Array.from({ length: 20 }, (_, i) => i % 2) }),
    fewCodes: await made.codes(20, 2, wave),
    otherCodes: await made.codes(300, 3, wave),
    shiftedCodes: await made.codes(300, 30, wave, { images: images.contentDigest, first: 100 }),
    negative: await made.activations(20, 4, (row, column) => (row === 7 && column === 2 ? -1 : 1), {
      labels: Array.from({ length: 20 }, (_, i) => i % 2),
    }),
    classless: await made.activations(20, 4, wave, { labels: Array.from({ length: 20 }, () => 0) }),
    unlabelled: await made.activations(20, 4, wave),
    overlabelled: await made.activations(20, 4, wave, { labels: Array.from({ length: 20 }, (_, i) => i % 3) }),
    twoFeatures: await made.publish('complexity', { alpha: [0.1] }, [
      ...['k_std', 'k_raw'].map(vector),
      { name: 'live', dtype: 'U8', shape: [2], data: Uint8Array.of(1, 1) },
      { name: 'r2', dtype: 'F64', shape: [2, 1], data: new Float64Array(2) },
    ]),
    twoImportance: await made.publish('importance', {}, [vector('importance')]),
    spec,
    folder,
    idx: cutImages(join(folder, 'again')).test,
  };
  writeFileSync(join(folder, 'broken.onnx'), 'this is no network');
  mkdirSync(join(folder, 'folder.onnx'));
  symlinkSync('/etc/hostname', join(folder, 'escape.onnx'));
  writeFileSync(join(folder, 'lying'), readFileSync(given.idx.images).subarray(0, 1000));
  mkdirSync(join(folder, 'classes', 'empty'), { recursive: true });
});
afterAll(() => one.close());

/** How a request is refused: at once, or by its operation. */
async function refused(client: keyof typeof CLIENTS, method: string, request: object): Promise<Refusal> {
  let answer: { operation?: operations.Operation };
  try {
    answer = await call(CLIENTS[client] as never, one.address, method, request);
  } catch (error) {
    return refusalOfCall(error as ServiceError);
  }
  expect(answer.operation).toBeDefined();
  const { operation } = await one.clients.operations.study.waitOperation({ name: answer.operation!.name, timeoutMs: 50_000 });
  expect(operation?.state).toBe(operations.OperationState.FAILED);
  return refusalOfOperation(operation!);
}

it.each(WRONG)('%s is refused by its field: %s.%s', async (_title, client, method, request, field) => {
  const kept = await artifactDigests();
  const refusal = await refused(client, method, request(given));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_INPUT', domain: 'fathom' });
  expect(refusal.field).toEqual(typeof field === 'string' ? field : expect.stringMatching(field));
  expect(refusal.message).toContain('accepted: ');
  expect(await artifactDigests()).toEqual(kept);
});

it.each(ABSENT)('what is not there is NOT_FOUND: %s.%s', async (client, method, request) => {
  expect(await refused(client, method, request(given))).toMatchObject({ code: 'NOT_FOUND', reason: 'NOT_FOUND', domain: 'fathom' });
});

it('a file that is no network is refused, naming the file', async () => {
  const refusal = await refused('ActivationClient', 'registerModel', register({ path: join(given.folder, 'broken.onnx') }));
  expect(refusal.code).toBe('INVALID_ARGUMENT');
  expect(['UNSUPPORTED_MODEL', 'INVALID_INPUT']).toContain(refusal.reason);
});

it('a network whose activations are no numbers is refused, naming tensor, row and column', async () => {
  const bytes = readFileSync(networkPath('epoch-15'));
  bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8);
  writeFileSync(join(given.folder, 'nan.onnx'), bytes);
  const { model } = await one.clients.activation.registerModel(register({ path: join(given.folder, 'nan.onnx') }));
  const refusal = await refused('ActivationClient', 'startExtract', extract({ ...given, model: model! }, {}));
  expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_INPUT' });
  expect(refusal.message).toMatch(/block\d.*row 0.*column \d+.*NaN/s);
});

it('rows that fit no more than the channels are measured without the published variant', async () => {
  const { clients } = one;
  const probe = { folds: 3, alphas: [], nullSeed: 0, withoutPublished: true, bits: 0 };
  const { operation } = await clients.complexity.startMeasure({ activations: given.few, layers: [], codes: given.fewCodes, probe });
  const { result } = await clients.ended('complexity', operation);
  const { artifact } = await clients.artifacts.getArtifact({ artifact: result });
  expect(artifact?.tensors.map(({ name }) => name)).not.toContain('k_published');
});

async function artifactDigests(): Promise<string[]> {
  const { artifacts } = await one.clients.artifacts.listArtifacts({ pageSize: 1000, pageToken: '', kind: '' });
  return artifacts.map(({ artifact }) => artifact!.contentDigest);
}
