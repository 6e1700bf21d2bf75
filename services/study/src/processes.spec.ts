import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { operations, type study } from '@fathom/contracts';
import type { ServiceName } from '@fathom/platform';
import { oneProcess } from './one-process.fixture.js';
import { sixProcesses, type SixProcesses } from './six-processes.fixture.js';
import { smallStudy } from './small-material.fixture.js';
import type { FathomClients } from './fathom-clients.fixture.js';

jest.setTimeout(180_000);

const { OperationState } = operations;

/** Content digest of every step of a study that is done. */
async function resultsOf(clients: FathomClients, operation: operations.Operation | undefined): Promise<Record<string, string>> {
  const name = operation!.name.replace('operations/', 'studies/');
  const found = (await clients.study.getStudy({ name })).study!;
  expect(found.operation?.state).toBe(OperationState.SUCCEEDED);
  expect(found.steps).toHaveLength(found.operation!.progress!.partsTotal);
  return Object.fromEntries(found.steps.map((step) => [step.name, step.operation!.result!.contentDigest]));
}

async function studied(clients: FathomClients, spec: study.StudySpec): Promise<Record<string, string>> {
  const { operation } = await clients.study.startStudy({ spec });
  const ended = await clients.ended('study', operation);
  return { ...(await resultsOf(clients, ended)), study: ended.result!.contentDigest };
}

let reference: Record<string, string>;

beforeAll(async () => {
  const one = await oneProcess();
  try {
    reference = await studied(one.clients, await smallStudy(one.folder, one.clients));
  } finally {
    await one.close();
  }
});

it('takes every step in one process', () => {
  const [ofEach, sensitivity, flow, ablation, overTraining, study] = [3 * 9, 2, 2, 1, 1, 1];
  expect(Object.keys(reference)).toHaveLength(ofEach + sensitivity + flow + ablation + overTraining + study);
});

describe('over six processes', () => {
  let six: SixProcesses;
  beforeEach(async () => {
    six = await sixProcesses();
  });
  afterEach(() => six.close());

  it('the study has the same digests as in one, and asking again computes nothing', async () => {
    const spec = await smallStudy(six.folder, six.clients);
    expect(await studied(six.clients, spec)).toEqual(reference);
    const before = parts(six.store);
    expect(await studied(six.clients, spec)).toEqual(reference);
    expect(parts(six.store)).toEqual(before);
    const { operations: own } = await six.clients.operations.dictionary.listOperations({ pageSize: 0, pageToken: '' });
    expect(new Set(own.map(({ job }) => job.split('.')[0]))).toEqual(new Set(['dictionary']));
    expect(own.every(({ state }) => state === OperationState.SUCCEEDED)).toBe(true);
  });

  it('the study goes through though each of the five is killed under it, and no finished part is computed again', async () => {
    const spec = await smallStudy(six.folder, six.clients);
    for (const service of ['activation', 'importance', 'robustness'] as const) six.freeze(service);
    const { operation } = await six.clients.study.startStudy({ spec });
    await six.killAndRestart('activation');

    const finished = new Map<string, number>();
    for (const service of ['dictionary', 'complexity'] as const) {
      const interrupted = await midway(six.clients, service);
      for (const [part, time] of parts(six.store)) if (!finished.has(part)) finished.set(part, time);
      expect([...finished.keys()].some((part) => part.includes(interrupted))).toBe(true);
      await six.killAndRestart(service);
    }
    await shown(six.clients, operation!.name, /importance/);
    await six.killAndRestart('importance');
    await shown(six.clients, operation!.name, /sensitivity|locality/);
    await six.killAndRestart('robustness');

    const ended = await six.clients.ended('study', operation);
    expect({ ...(await resultsOf(six.clients, ended)), study: ended.result!.contentDigest }).toEqual(reference);
    const after = parts(six.store);
    for (const [part, time] of finished) expect([part, after.get(part)]).toEqual([part, time]);
    expect(six.log('study').map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^step epoch-\d+\/\S+ is asked for again: /));
  });

  it('the study goes on where it was after the study service was killed', async () => {
    const spec = await smallStudy(six.folder, six.clients);
    const { operation } = await six.clients.study.startStudy({ spec });
    await shown(six.clients, operation!.name, /complexity|importance/);
    await six.end('study', 'SIGKILL');
    const before = parts(six.store);
    await six.killAndRestart('study');
    expect((await six.clients.operations.study.getOperation({ name: operation!.name })).operation?.state).toBe(OperationState.RUNNING);
    expect(await studied(six.clients, spec)).toEqual(reference);
    const after = parts(six.store);
    for (const [part, time] of before) expect([part, after.get(part)]).toEqual([part, time]);
  });

  it('a service ends on SIGTERM with code 0, and what ran is told to be interrupted', async () => {
    const spec = await smallStudy(six.folder, six.clients);
    const { operation } = await six.clients.study.startStudy({ spec });
    await shown(six.clients, operation!.name, /activations/);
    expect(await six.end('study', 'SIGTERM')).toBe(0);
    expect(await six.end('activation', 'SIGTERM')).toBe(0);
    await six.killAndRestart('study');
    const { operation: after } = await six.clients.operations.study.getOperation({ name: operation!.name });
    expect(after?.state).toBe(OperationState.INTERRUPTED);
  });
});

/** Settles when a step of that name is under way, or everything is over. */
async function shown(clients: FathomClients, name: string, step: RegExp): Promise<void> {
  for await (const { operation } of clients.operations.study.watchOperation({ name, afterSequence: 0 }))
    if (step.test(operation?.progress?.stage ?? '')) return;
}

/** Settles while an operation of the service runs of which some parts are finished and some are not; its digest. */
async function midway(clients: FathomClients, service: ServiceName): Promise<string> {
  for (;;) {
    const { operations: all } = await clients.operations[service].listOperations({ pageSize: 1000, pageToken: '' });
    const caught = all.find(
      ({ state, progress }) => state === OperationState.RUNNING && progress!.partsDone > 0 && progress!.partsDone < progress!.partsTotal,
    );
    if (caught) return caught.name.slice('operations/'.length);
  }
}

/** Every finished part in the store, with the time of its last change. */
function parts(store: string): Map<string, number> {
  const root = join(store, 'parts');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map((file) => [join(file.parentPath, file.name).slice(root.length), statSync(join(file.parentPath, file.name)).mtimeMs]));
}
