import { ArtifactStore } from '@fathom/artifacts';
import type { Job } from '@fathom/analyses';
import { cancelled, FathomError, InputError } from '@fathom/errors';
import { memoryStore } from '@fathom/store';
import { FOUND, type JobMessage } from './job-message.js';
import { OperationRecords, operationName } from './operation-record.js';
import { OperationRunner } from './operation-runner.js';
import { Places } from './places.js';
import { jobOperation, requestDigest } from './run-job.js';

interface Request {
  readonly parts: number;
}

const job: Job<Request> = {
  name: 'test.count',
  revision: 1,
  determinism: 'PORTABLE',
  codec: { toJSON: (request) => request, fromJSON: (json) => json as Request },
  normalise(request) {
    if (request.parts < 0) throw new InputError({ field: 'parts', problem: 'is out of range', value: request.parts, accepted: 'at least 0' });
    return request;
  },
  inputs: () => [],
  plan: () => Promise.reject(new Error('threads plan')),
  runPart: () => Promise.reject(new Error('threads run parts')),
  finish: () => Promise.reject(new Error('threads finish')),
};

/** Threads that count what they do; `before` a part a test may hold it up or let it fail. */
class CountedThreads {
  readonly threads = 2;
  readonly ran: string[] = [];
  finished = 0;
  /** Actions that were for the thread with a crew. */
  readonly crewed: string[] = [];
  mostAtOnce = 0;
  private atOnce = 0;
  before: (part: string, done: SharedArrayBuffer) => Promise<void> = () => Promise.resolve();

  constructor(private readonly artifacts: ArtifactStore) {}

  readonly run = async ({ action, request, requestDigest: digest, cancelFlag, done, crewed }: JobMessage): Promise<never> => {
    const answer = async (): Promise<unknown> => {
      switch (action.type) {
        case 'plan':
          return Array.from({ length: (request as unknown as Request).parts }, (_, i) => `part-${i}`);
        case 'part':
          await this.before(action.part, done);
          if (action.mayBeThere === true && (await this.artifacts.part(digest, action.part)) !== undefined) return FOUND;
          if (Atomics.load(new Int32Array(cancelFlag), 0) !== 0) throw cancelled();
          this.ran.push(action.part);
          await this.artifacts.setPart(digest, action.part, { part: action.part });
          return null;
        case 'finish': {
          this.finished += 1;
          const provenance = {
            job: 'test.count',
            requestDigest: digest,
            request,
            inputs: [],
            codeVersion: '0',
            engine: null,
            determinism: 'PORTABLE' as const,
          };
          return this.artifacts.publishTensors({ kind: 'count', attributes: { parts: action.parts.length }, tensors: [], provenance });
        }
      }
    };
    if (crewed) this.crewed.push(action.type);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      return (await answer()) as never;
    } finally {
      this.atOnce -= 1;
    }
  };
}

function setUp() {
  const objects = memoryStore();
  const artifacts = new ArtifactStore(objects);
  const pool = new CountedThreads(artifacts);
  const records = new OperationRecords(objects);
  const runner = new OperationRunner(records, { places: new Places({ maxRunning: 10 }) });
  const start = (parts: number, on = runner) => on.start(jobOperation(job, { parts }, { artifacts, pool }));
  const ended = async (digest: string, on = runner) => on.wait(operationName(digest), 60_000);
  return { artifacts, pool, runner, start, ended, restarted: () => new OperationRunner(records, { places: new Places({ maxRunning: 10 }) }) };
}

describe('a job', () => {
  it('runs each part once and is put together once', async () => {
    const { pool, start, ended } = setUp();
    const [one, two] = await Promise.all([start(5), start(5)]);
    expect(two.digest).toBe(one.digest);
    const done = await ended(one.digest);
    expect(done).toMatchObject({ state: 'SUCCEEDED', progress: { partsDone: 5, partsTotal: 5, partsReused: 0 } });
    expect(pool.ran.sort()).toEqual(['part-0', 'part-1', 'part-2', 'part-3', 'part-4']);
    expect(pool.finished).toBe(1);
  });

  it('is stopped while the store does not answer', async () => {
    const { artifacts, pool } = setUp();
    let onAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (onAsked = resolve));
    artifacts.objects.get = (_key, { signal } = {}) => {
      onAsked();
      return new Promise((_answer, reject) => signal?.addEventListener('abort', () => reject(cancelled()), { once: true }));
    };
    const stop = new AbortController();
    const running = jobOperation(job, { parts: 1 }, { artifacts, pool }).run({ signal: stop.signal, epoch: 1, report: () => undefined });
    await asked;
    stop.abort();
    await expect(running).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  it('needs no part', async () => {
    const { start, ended } = setUp();
    expect(await ended((await start(0)).digest)).toMatchObject({ state: 'SUCCEEDED', progress: { partsTotal: 0 } });
  });

  it('that was cancelled keeps its finished parts, and a resumed one runs the others alone', async () => {
    const { pool, runner, start, ended } = setUp();
    pool.before = async (part) => {
      if (part === 'part-3') await runner.cancel(operationName(requestDigest(job, { parts: 6 })));
    };
    const { digest } = await start(6);
    expect(await ended(digest)).toMatchObject({ state: 'CANCELLED' });
    const before = [...pool.ran];
    expect(before).toContain('part-0');
    expect(before).not.toContain('part-3');
    pool.before = () => Promise.resolve();
    await start(6);
    expect(await ended(digest)).toMatchObject({ state: 'SUCCEEDED', progress: { partsDone: 6, partsReused: before.length } });
    expect([...pool.ran].sort()).toEqual([...new Set(pool.ran)].sort());
    expect(pool.ran).toHaveLength(6);
  });

  it('that failed in a part keeps the others, tells the error, and goes on where it was', async () => {
    const { pool, start, ended } = setUp();
    pool.before = (part) => (part === 'part-2' ? Promise.reject(new FathomError('STORE_FULL', 'no room')) : Promise.resolve());
    const { digest } = await start(4);
    expect(await ended(digest)).toMatchObject({ state: 'FAILED', failure: { reason: 'STORE_FULL' } });
    const kept = pool.ran.length;
    expect(pool.finished).toBe(0);
    pool.before = () => Promise.resolve();
    await start(4);
    expect(await ended(digest)).toMatchObject({ state: 'SUCCEEDED', progress: { partsReused: kept } });
    expect(pool.ran).toHaveLength(4);
  });

  it('whose process was killed before the end was written takes the result that is there', async () => {
    const { pool, start, ended, restarted, runner } = setUp();
    const { digest } = await start(3);
    const first = await ended(digest);
    const records = (runner as unknown as { records: OperationRecords }).records;
    await records.write({ ...first, state: 'RUNNING', result: null, leaseMs: 0 });
    const again = restarted();
    expect(await start(3, again)).toMatchObject({ state: 'RUNNING', epoch: 1 });
    expect(await ended(digest, again)).toMatchObject({ state: 'SUCCEEDED', result: first.result });
    expect(pool.finished).toBe(1);
    expect(pool.ran).toHaveLength(3);
  });

  it('that was taken over runs no part that its former holder finishes meanwhile', async () => {
    const { artifacts, pool, runner, start, ended } = setUp();
    const { digest } = await start(6);
    await runner.cancel(operationName(digest));
    await ended(digest);
    const had = [...pool.ran];
    pool.before = async (part) => {
      if (part === 'part-4') await artifacts.setPart(digest, 'part-5', { part: 'part-5' });
      if (part === 'part-3') await new Promise((resolve) => setImmediate(resolve));
    };
    expect(await start(6)).toMatchObject({ epoch: 2 });
    expect(await ended(digest)).toMatchObject({ state: 'SUCCEEDED', progress: { partsDone: 6, partsTotal: 6, partsReused: had.length + 1 } });
    expect(pool.ran).not.toContain('part-5');
    expect(pool.ran).toHaveLength(5);
  });

  it('refuses a wrong request at once, by its field', () => {
    const { start } = setUp();
    expect(() => start(-1)).toThrow(expect.objectContaining({ field: 'parts' }));
  });

  it('has a digest that depends on what it asks for, not on the order in which it is written', () => {
    const [j, k] = [
      { name: 'j', revision: 1 },
      { name: 'k', revision: 1 },
    ];
    expect(requestDigest(j, { a: 1, b: 2 })).toBe(requestDigest(j, { b: 2, a: 1 }));
    expect(requestDigest(j, { a: 1 })).not.toBe(requestDigest(k, { a: 1 }));
    expect(requestDigest(j, { a: 1 })).not.toBe(requestDigest(j, { a: 2 }));
  });

  it('of a later revision is another operation: what an earlier one made is not its answer', async () => {
    const { artifacts, pool, runner, start, ended } = setUp();
    const first = await ended((await start(2)).digest);
    const later = await runner.start(jobOperation({ ...job, revision: 2 }, { parts: 2 }, { artifacts, pool }));
    expect(later.digest).not.toBe(first.digest);
    expect(await ended(later.digest)).toMatchObject({ state: 'SUCCEEDED', progress: { partsReused: 0 } });
    expect(pool.finished).toBe(2);
  });

  it('that is crewed has one part done at a time, and parts and finish by the thread with the crew', async () => {
    const { artifacts, pool, runner, ended } = setUp();
    const { digest } = await runner.start(jobOperation({ ...job, crewed: true }, { parts: 4 }, { artifacts, pool }));
    expect(await ended(digest)).toMatchObject({ state: 'SUCCEEDED' });
    expect(pool.mostAtOnce).toBe(1);
    expect(pool.crewed).toEqual(['part', 'part', 'part', 'part', 'finish']);
  });

  it('that is not crewed has as many parts under way as there are threads', async () => {
    const { pool, start, ended } = setUp();
    await ended((await start(4)).digest);
    expect(pool.mostAtOnce).toBe(2);
    expect(pool.crewed).toEqual([]);
  });

  it('shows how far its parts are within themselves', async () => {
    const { pool, runner, start } = setUp();
    let letGo: () => void = () => undefined;
    pool.before = (_part, done) => {
      Atomics.store(new Int32Array(done), 0, 400_000);
      return new Promise((resolve) => (letGo = resolve));
    };
    const { digest } = await start(1);
    for await (const { progress } of runner.watch(operationName(digest), 0)) {
      if (progress.partsDone !== 0 || progress.partsPerSecond === 0) continue;
      expect(progress.secondsLeft * progress.partsPerSecond).toBeCloseTo(0.6, 9);
      letGo();
    }
    expect.assertions(1);
  });
});
