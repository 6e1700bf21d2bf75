import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SERVICES } from '@fathom/platform';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { cutImages, networkPath, PREPROCESSING, type IdxPaths } from './small-material.fixture.js';

jest.setTimeout(120_000);

const SCRIPT = resolve(__dirname, '../../../tools/python-client.py');
const PYTHON = process.env['FATHOM_PYTHON'] ?? 'python3';

/** Why the Python client cannot run here; undefined where it can. */
function obstacle(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import grpc, grpc_tools, grpc_reflection'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return `a client in Python measures the same: needs ${PYTHON} with tools/python-requirements.txt (FATHOM_PYTHON names another Python)`;
  }
}

let one: OneProcess;
beforeEach(async () => {
  one = await oneProcess();
});
afterEach(() => one.close());

/** K, asked for by the generated client of TypeScript. */
async function measured({ clients }: OneProcess, { images, labels }: IdxPaths): Promise<string> {
  const { model } = await clients.activation.registerModel({
    path: networkPath('epoch-15'),
    name: 'from Python',
    preprocessing: PREPROCESSING,
    taps: [],
  });
  const source = { $case: 'idx' as const, value: { imagesPath: images, labelsPath: labels, classNames: [] } };
  const kept = await clients.ended('activation', (await clients.activation.startRegisterImages({ name: 'images', source })).operation);
  const extract = { model, images: kept.result, rows: undefined, taps: [], branches: false, pooling: 0 };
  const { result: activations } = await clients.ended('activation', (await clients.activation.startExtract(extract)).operation);
  const method = { $case: 'classNmf' as const, value: { atomsPerClass: 2 } };
  const fit = { activations, tensor: '', model: undefined, method, seed: 7 };
  const { result: dictionary } = await clients.ended('dictionary', (await clients.dictionary.startFit(fit)).operation);
  const { result: codes } = await clients.ended(
    'dictionary',
    (await clients.dictionary.startEncode({ dictionary, activations, tensor: '' })).operation,
  );
  const { operation } = await clients.complexity.startMeasure({ activations, layers: [], codes, probe: undefined });
  return (await clients.ended('complexity', operation)).result!.contentDigest;
}

it('a client in Python, made from the contracts alone, measures the same K as the one in TypeScript does on another store', async () => {
  const problem = obstacle();
  const record = process.env['FATHOM_LEFT_OUT'];
  if (problem !== undefined) {
    if (record) appendFileSync(record, `${problem}\n`);
    return;
  }
  const { test } = cutImages(join(one.folder, 'images'));
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, one.address, networkPath('epoch-15'), test.images, test.labels]);
  const told = JSON.parse(stdout) as { services: string[]; complexity: string; refusal: { code: string; field: string } };
  for (const name of SERVICES) expect(told.services.some((service) => service.startsWith(`fathom.${name}.v1.`))).toBe(true);
  expect(told.refusal).toEqual({ code: 'INVALID_ARGUMENT', field: 'probe.folds' });
  const second = await oneProcess();
  try {
    expect(await measured(second, cutImages(join(second.folder, 'images')).test)).toBe(told.complexity);
  } finally {
    await second.close();
  }
});
