import { operations, OperationsClient, OperationsService } from '@fathom/contracts';
import { FathomError, InputError } from '@fathom/errors';
import { connect, createLogger, implement, startServer, statusOf, type RunningServer } from '@fathom/service-kit';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followOperation, type Step } from './follow-operation.js';
import { Patience, patiently } from './patience.js';

const { OperationState } = operations;
const NAME = 'operations/x';

type Seen = Partial<operations.Operation>;

/** A service over a real socket, with operations as a test writes them. */
class FakeService {
  readonly folder = mkdtempSync(join(tmpdir(), 'fathom-follow-'));
  readonly address = `unix:${join(this.folder, 'socket')}`;
  readonly remote = connect(OperationsClient, this.address);
  readonly cancelled: string[] = [];
  starts = 0;
  /** What each start answers; the last again and again. */
  answers: (() => Seen | Promise<Seen>)[] = [];
  /** What a watcher of a running operation is told. */
  updates: (signal: AbortSignal) => AsyncIterable<Seen> = async function* () {
    yield { state: OperationState.SUCCEEDED };
  };
  private server: RunningServer | undefined;

  async listen(): Promise<void> {
    const message = (seen: Seen) => ({ operation: operations.Operation.create({ name: NAME, job: 'test', ...seen }) });
    const unused = (): never => {
      throw new Error('not used');
    };
    const service = implement(OperationsService, {
      getOperation: async () => {
        this.starts += 1;
        const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
        return message(await answer());
      },
      watchOperation: (_request, { signal }) => this.told(signal, message),
      cancelOperation: async ({ name }) => {
        this.cancelled.push(name);
        return message({});
      },
      waitOperation: unused,
      listOperations: unused,
    });
    const logger = createLogger({ name: 'fake', level: 'silent' });
    this.server = await startServer({ name: 'fake', address: this.address, services: [service], logger, limits: { graceMs: 10 }, insecure: true });
  }

  private async *told(signal: AbortSignal, message: (seen: Seen) => { operation: operations.Operation }) {
    for await (const update of this.updates(signal)) yield message(update);
  }

  async leave(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }

  /** A step whose start is a call of this service. */
  get step(): Step {
    return { start: () => this.remote.getOperation({ name: NAME }), operations: this.remote };
  }

  async close(): Promise<void> {
    this.remote.close();
    await this.leave();
    rmSync(this.folder, { recursive: true });
  }
}

const RUNNING = (): Seen => ({ state: OperationState.RUNNING, sequence: 1 });
const DONE = (): Seen => ({ state: OperationState.SUCCEEDED, result: { contentDigest: 'sha256:1' } });

let fake: FakeService;
let stop: AbortController;
beforeEach(async () => {
  fake = new FakeService();
  stop = new AbortController();
  await fake.listen();
});
afterEach(() => fake.close());

const follow = (patienceMs = 60_000) => followOperation(fake.step, stop.signal, { patience: new Patience(stop.signal, patienceMs) });

/** Never ends by itself. */
async function* silence(signal: AbortSignal): AsyncGenerator<Seen> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  yield* [];
}

describe('a step', () => {
  it('that has succeeded already is taken as it is', async () => {
    fake.answers = [DONE];
    expect((await follow()).result).toEqual({ contentDigest: 'sha256:1' });
    expect(fake.starts).toBe(1);
  });

  it('is watched to its end', async () => {
    fake.answers = [RUNNING];
    fake.updates = async function* () {
      yield { state: OperationState.RUNNING, sequence: 2 };
      yield { ...DONE(), sequence: 3 };
    };
    expect((await follow()).sequence).toBe(3);
  });

  it.each([
    ['interrupted', OperationState.INTERRUPTED],
    ['cancelled by somebody else', OperationState.CANCELLED],
  ])('that was %s is started again', async (_how, state) => {
    fake.answers = [RUNNING, DONE];
    fake.updates = async function* () {
      yield { state, sequence: 2 };
    };
    await follow();
    expect(fake.starts).toBe(2);
    expect(fake.cancelled).toEqual([]);
  });

  it('waits for a service that is away', async () => {
    fake.answers = [DONE];
    await fake.leave();
    const following = follow();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await fake.listen();
    expect((await following).state).toBe(OperationState.SUCCEEDED);
  });

  it('is started again when its service dies under the watch', async () => {
    fake.answers = [RUNNING, DONE];
    let watched: () => void = () => undefined;
    const watching = new Promise<void>((resolve) => (watched = resolve));
    fake.updates = (signal) => {
      watched();
      return silence(signal);
    };
    const following = follow();
    await watching;
    await fake.leave();
    await fake.listen();
    expect((await following).state).toBe(OperationState.SUCCEEDED);
    expect(fake.starts).toBe(2);
  });

  it('gives up with the last error where the service stays away', async () => {
    await fake.leave();
    await expect(follow(300)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });

  it('gives up where it is interrupted again and again without finishing a part, and not where it finishes some', async () => {
    fake.answers = [() => ({ state: OperationState.INTERRUPTED })];
    await expect(follow(300)).rejects.toMatchObject({ reason: 'UNAVAILABLE', message: expect.stringContaining('again and again') });
    const before = fake.starts;
    let partsDone = 0;
    const progress = (): operations.Progress => operations.Progress.create({ partsDone: (partsDone += 1) });
    fake.answers = [...Array.from({ length: 4 }, () => () => ({ state: OperationState.INTERRUPTED, progress: progress() })), DONE];
    await follow(300);
    expect(fake.starts - before).toBe(5);
  });

  it('waits for a place for as long as its service is busy', async () => {
    const busy = (): never => {
      throw new FathomError('RESOURCE_EXHAUSTED', 'full');
    };
    fake.answers = [busy, busy, busy, DONE];
    await follow(0);
    expect(fake.starts).toBe(4);
  });

  it('fails at once, with the very error, where its request is wrong or its operation failed', async () => {
    const wrong = new InputError({ field: 'rows', problem: 'reach outside', value: 9, accepted: 'rows within 0 to 5' });
    fake.answers = [
      () => {
        throw wrong;
      },
    ];
    await expect(follow()).rejects.toMatchObject({ field: 'rows', accepted: 'rows within 0 to 5' });
    fake.answers = [() => ({ state: OperationState.FAILED, error: statusOf(wrong, 'id') })];
    await expect(follow()).rejects.toMatchObject({ field: 'rows', message: wrong.message });
    expect(fake.starts).toBe(2);
  });
});

describe('a step that is no longer wanted', () => {
  it('tells its operation to stop, and throws CANCELLED', async () => {
    fake.answers = [RUNNING];
    let watched: () => void = () => undefined;
    const watching = new Promise<void>((resolve) => (watched = resolve));
    fake.updates = (signal) => {
      watched();
      return silence(signal);
    };
    const following = follow();
    following.catch(() => undefined);
    await watching;
    stop.abort();
    await expect(following).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(fake.cancelled).toEqual([NAME]);
  });

  it('does not wait for a start that hangs, but stops it when it comes', async () => {
    let answer: (seen: Seen) => void = () => undefined;
    fake.answers = [() => new Promise<Seen>((resolve) => (answer = resolve))];
    const following = follow();
    following.catch(() => undefined);
    while (fake.starts === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(following).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(fake.cancelled).toEqual([]);
    answer(RUNNING());
    while (fake.cancelled.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(fake.cancelled).toEqual([NAME]);
  });

  it('is not even started', async () => {
    stop.abort();
    await expect(follow()).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(fake.starts).toBe(0);
  });

  it('stops waiting for a service that is away', async () => {
    await fake.leave();
    const following = follow();
    stop.abort();
    await expect(following).rejects.toMatchObject({ reason: 'CANCELLED' });
  });
});

it('waiting is told once for each time that it has to be waited, with the reason', async () => {
  const told: string[] = [];
  const patience = new Patience(stop.signal, 60_000, ({ message }) => told.push(message));
  for (const why of ['away', 'still away']) await patience.spend(new FathomError('UNAVAILABLE', why));
  expect(told).toEqual(['away']);
  patience.renew();
  await patience.spend(new FathomError('RESOURCE_EXHAUSTED', 'busy'));
  expect(told).toEqual(['away', 'busy']);
  await expect(patience.spend(new FathomError('NOT_FOUND', 'gone'))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  expect(told).toHaveLength(2);
});

it('a call is repeated while its service is away, and not where its error would stay', async () => {
  let calls = 0;
  const away = async (): Promise<number> => {
    calls += 1;
    if (calls < 3) throw new FathomError('UNAVAILABLE', 'away');
    return calls;
  };
  expect(await patiently(away, new Patience(stop.signal))).toBe(3);
  const gone = (): Promise<never> => Promise.reject(new FathomError('NOT_FOUND', 'gone'));
  await expect(patiently(gone, new Patience(stop.signal))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
});
