import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
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
    action: { type: 'plan' },
    crewed: false,
    cancelFlag: new SharedArrayBuffer(4),
    done: new SharedArrayBuffer(4),
    ...change,
  };
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

  it('passes on an input error with its field', async () => {
    await expect(pool.run(message({}))).rejects.toMatchObject({ name: 'InputError', field: 'codes.content_digest' });
  });

  it('does not put together what has a part missing', async () => {
    const action = { type: 'finish', parts: ['checkpoint-000'] } as const;
    await expect(pool.run(message({ action }))).rejects.toMatchObject({ reason: 'CORRUPT_DATA', message: expect.stringContaining('checkpoint-000') });
    expect(await new ArtifactStore(openStore({ location })).result(DIGEST)).toBeUndefined();
  });
});
