import { operations, study } from '@fathom/contracts';
import { FathomError, InputError } from '@fathom/errors';
import type { Platform } from '@fathom/platform';
import { statusOf } from '@fathom/service-kit';
import { memoryStore, type ObjectStore } from '@fathom/store';
import { runStudy } from './run-study.js';
import type { StudyClients } from './study-clients.js';
import { StudyRecords } from './study-records.js';
import { normaliseSpec } from './study-spec.js';

const { OperationState } = operations;
const ref = (digit: string) => ({ contentDigest: `sha256:${digit.repeat(64)}` });
const spec = normaliseSpec(
  study.StudySpec.create({
    name: 's',
    checkpoints: [{ name: 'only', model: ref('a'), epoch: 0 }],
    test: { images: ref('b') },
    train: { images: ref('c') },
  }),
);

/** Services of which extraction of training images fails and extraction of test images never ends. */
function services() {
  const cancelled: string[] = [];
  const wrong = new InputError({ field: 'rows', problem: 'reach outside', accepted: 'fewer' });
  const activation = {
    describeModel: async () => ({ description: undefined }),
    startExtract: async ({ taps }: { taps: string[] }) => {
      const name = taps.length > 0 ? 'operations/train' : 'operations/test';
      return { operation: operations.Operation.create({ name, job: 'activation.extract', state: OperationState.RUNNING }) };
    },
    operations: {
      cancelOperation: async ({ name }: { name: string }) => {
        cancelled.push(name);
        return {};
      },
      async *watchOperation({ name }: { name: string }, { signal }: { signal: AbortSignal }) {
        if (name === 'operations/train')
          yield { operation: operations.Operation.create({ name, state: OperationState.FAILED, error: statusOf(wrong, 'id') }) };
        else await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new FathomError('CANCELLED', 'left')), { once: true }));
      },
    },
  };
  return { clients: { activation } as unknown as StudyClients, cancelled };
}

const execution = (signal = new AbortController().signal) => ({ signal, epoch: 1, report: () => undefined });
const platform = {} as Platform;

it('a study of which one step fails stops the others, waits for them, and fails with that error', async () => {
  const { clients, cancelled } = services();
  const records = new StudyRecords(memoryStore());
  await expect(runStudy('1'.repeat(64), spec, { platform, clients, records }, execution())).rejects.toMatchObject({ field: 'rows' });
  expect(cancelled).toEqual(['operations/test']);
});

it('a study whose record cannot be written starts nothing', async () => {
  const { clients, cancelled } = services();
  const full = { put: () => Promise.reject(new FathomError('STORE_FULL', 'no room')) } as unknown as ObjectStore;
  const started = jest.spyOn(clients.activation, 'startExtract');
  await expect(runStudy('1'.repeat(64), spec, { platform, clients, records: new StudyRecords(full) }, execution())).rejects.toMatchObject({
    reason: 'STORE_FULL',
  });
  expect(started).not.toHaveBeenCalled();
  expect(cancelled).toEqual([]);
});

it('a study of which one network cannot be described asks no longer for the others', async () => {
  const { clients } = services();
  const gone = new FathomError('NOT_FOUND', 'there is no such network');
  const left: AbortSignal[] = [];
  jest.spyOn(clients.activation, 'describeModel').mockImplementation(async ({ model }, { signal } = {}) => {
    if (model?.contentDigest === ref('a').contentDigest) throw gone;
    left.push(signal!);
    throw new FathomError('UNAVAILABLE', 'away');
  });
  const two = { ...spec, checkpoints: [...spec.checkpoints, { name: 'later', model: ref('d'), epoch: 1 }] };
  const records = new StudyRecords(memoryStore());
  await expect(runStudy('1'.repeat(64), two, { platform, clients, records }, execution())).rejects.toBe(gone);
  expect(left.map(({ aborted }) => aborted)).toEqual([true]);
});
