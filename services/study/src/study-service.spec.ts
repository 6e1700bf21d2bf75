import { setTimeout as pause } from 'node:timers/promises';
import { operations, type study } from '@fathom/contracts';
import { oneProcess, type OneProcess } from './one-process.fixture.js';
import { smallStudy } from './small-material.fixture.js';
import { StandIns } from './stand-in-artifacts.fixture.js';

jest.setTimeout(120_000);

const { OperationState } = operations;

let one: OneProcess;
let spec: study.StudySpec;
const open = async (options: Parameters<typeof oneProcess>[0] = {}): Promise<void> => {
  one = await oneProcess(options);
  const whole = await smallStudy(one.folder, one.clients);
  spec = { ...whole, checkpoints: whole.checkpoints.slice(2), controls: [] };
};
afterEach(() => one.close());

const studyOf = async (operation: operations.Operation | undefined): Promise<study.Study> =>
  (await one.clients.study.getStudy({ name: operation!.name.replace('operations', 'studies') })).study!;
const stateOf = async (operation: operations.Operation | undefined): Promise<operations.OperationState | undefined> =>
  (await one.clients.operations.study.waitOperation({ name: operation!.name, timeoutMs: 0 })).operation?.state;

/** Jobs that run now. */
async function running(): Promise<string[]> {
  const { operations: all } = await one.clients.operations.study.listOperations({ pageSize: 1000, pageToken: '' });
  return all.filter(({ state }) => state === OperationState.RUNNING).map(({ job }) => job);
}

/** Settles once no job runs any more; those that were told to stop may take until the end of a batch. */
async function nothingRuns(): Promise<void> {
  while ((await running()).length > 0) await pause(20);
}

/** Settles when a step of that name is under way. */
async function under(operation: operations.Operation | undefined, step: string): Promise<void> {
  for await (const update of one.clients.operations.study.watchOperation({ name: operation!.name, afterSequence: 0 }))
    if (update.operation?.progress?.stage.includes(step)) return;
}

describe('a study', () => {
  it('that is cancelled leaves nothing running, and goes on from what it had', async () => {
    await open();
    const { operation } = await one.clients.study.startStudy({ spec });
    await under(operation, 'complexity');
    await one.clients.operations.study.cancelOperation({ name: operation!.name });
    expect(await stateOf(operation)).toBe(OperationState.CANCELLED);
    await nothingRuns();
    const had = (await studyOf(operation)).steps.map(({ operation: step }) => step!.result!.contentDigest);
    expect(had.length).toBeGreaterThanOrEqual(4);
    await one.clients.ended('study', (await one.clients.study.startStudy({ spec })).operation);
    const results = (await studyOf(operation)).steps.map(({ operation: step }) => step!.result!.contentDigest);
    expect(results).toEqual(expect.arrayContaining(had));
    expect(one.lines.filter(({ job, state, msg }) => msg === 'operation ended' && job === 'dictionary.fit' && state === 'SUCCEEDED')).toHaveLength(1);
  });

  it('is not stopped by another study that shares its steps and is cancelled', async () => {
    await open();
    const other = { ...spec, name: 'another', relations: { bootstrapDraws: 200, permutationDraws: 200, seed: 1 } };
    const [a, b] = await Promise.all([one.clients.study.startStudy({ spec }), one.clients.study.startStudy({ spec: other })]);
    expect(a.operation?.name).not.toBe(b.operation?.name);
    await under(a.operation, 'complexity');
    await one.clients.operations.study.cancelOperation({ name: a.operation!.name });
    expect(await stateOf(b.operation)).toBe(OperationState.SUCCEEDED);
    expect(await stateOf(a.operation)).toBe(OperationState.CANCELLED);
    const { studies, nextPageToken } = await one.clients.study.listStudies({ pageSize: 1, pageToken: '' });
    const rest = await one.clients.study.listStudies({ pageSize: 1, pageToken: nextPageToken });
    expect([...studies, ...rest.studies].map(({ name }) => name)).toEqual(
      [a, b].map(({ operation }) => operation!.name.replace('operations', 'studies')).sort(),
    );
    expect(rest.nextPageToken).toBe('');
    expect(studies[0]?.steps).toEqual([]);
  });

  it('of which a step fails fails with its error, and leaves nothing running', async () => {
    await open();
    const made = new StandIns(one.store);
    const images = await made.publish('images', { name: 'i', class_names: [], skipped: 0 }, [
      { name: 'images', dtype: 'U8', shape: [40, 28, 28, 1], data: new Uint8Array(40 * 28 * 28).map((_, i) => i % 251) },
      { name: 'labels', dtype: 'I32', shape: [40], data: new Int32Array(40).map((_, i) => i % 9) },
    ]);
    const { operation } = await one.clients.study.startStudy({ spec: { ...spec, train: { images, rows: undefined } } });
    await expect(one.clients.ended('study', operation)).rejects.toMatchObject({ name: 'InputError', field: 'class 9' });
    await nothingRuns();
  });

  it('waits for places where its services have few', async () => {
    await open({ maxRunningOperations: 2 });
    const { operation } = await one.clients.study.startStudy({ spec });
    expect((await one.clients.ended('study', operation)).state).toBe(OperationState.SUCCEEDED);
  });
});
