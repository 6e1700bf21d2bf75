import { memoryStore, type ObjectStore } from '@fathom/store';
import { OperationRecords, type OperationRecord } from './operation-record.js';
import { keysOf, runnerOn, Work } from './work.fixture.js';

describe('records', () => {
  const claimed = (epoch: number, holder: string): OperationRecord => ({
    ...{ digest: 'a'.repeat(64), job: 'j', request: null, tenant: '', state: 'RUNNING', failure: null, result: null, sequence: 1 },
    ...{
      epoch,
      holder,
      leaseMs: 1,
      beat: 0,
      progress: { stage: '', partsDone: 0, partsTotal: 0, partsReused: 0, partsPerSecond: 0, secondsLeft: 0 },
    },
  });

  it('cannot be claimed by one who comes after the successor of a successor, though the place is free again', async () => {
    const store: ObjectStore = memoryStore();
    const records = new OperationRecords(store);
    for (const epoch of [1, 2, 3]) expect(await records.claim(claimed(epoch, 'fast'))).toBe(true);
    expect(await records.claim(claimed(2, 'slow'))).toBe(false);
    expect(await keysOf(store)).toEqual([`operations/${'a'.repeat(64)}/00000003`]);
    expect((await records.read('a'.repeat(64)))?.record).toMatchObject({ epoch: 3, holder: 'fast' });
  });

  it('are read though their epoch is removed under the reader', async () => {
    const store = memoryStore();
    const records = new OperationRecords(store);
    await records.claim(claimed(1, 'first'));
    const get = store.get.bind(store);
    let isFirst = true;
    store.get = async (...given) => {
      if (isFirst) {
        isFirst = false;
        await records.claim(claimed(2, 'second'));
      }
      return get(...given);
    };
    expect((await records.read('a'.repeat(64)))?.record.epoch).toBe(2);
  });

  it('that are no JSON are told', async () => {
    const store = memoryStore();
    await store.put(`operations/${'a'.repeat(64)}/00000001`, new TextEncoder().encode('{'));
    await expect(runnerOn(store).runner.get(`operations/${'a'.repeat(64)}`)).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
  });

  it('of an operation that was begun too often leave no sequence number, which is told', async () => {
    const store = memoryStore();
    const records = new OperationRecords(store);
    await records.claim({ ...claimed(65_535, 'x'), state: 'FAILED' });
    await expect(runnerOn(store).runner.start(new Work().startable)).rejects.toMatchObject({ reason: 'RESOURCE_EXHAUSTED', message: /65535 times/ });
  });
});
