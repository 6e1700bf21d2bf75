import fc from 'fast-check';
import { memoryStore, type ObjectStore } from '@fathom/store';
import { ManualClock, settled } from './manual-clock.fixture.js';
import { OperationRecords, type OperationRecord } from './operation-record.js';
import { OperationRunner } from './operation-runner.js';
import { Places } from './places.js';
import type { Execution, Startable } from './startable.js';

const DIGEST = 'a'.repeat(64);
const NAME = `operations/${DIGEST}`;
const LEASE_MS = 1_000;
const PARTS = ['part-0', 'part-1', 'part-2'];

/** What may happen next; numbers choose among what is possible at that moment. */
type Event =
  | { readonly what: 'answer'; readonly which: number }
  | { readonly what: 'refuse'; readonly which: number }
  | { readonly what: 'pass'; readonly who: number; readonly ms: number }
  | { readonly what: 'ask'; readonly who: number }
  | { readonly what: 'kill'; readonly who: number };

interface Call {
  readonly owner: Process;
  readonly go: () => void;
  readonly refuse: () => void;
}

/** A store of which every call waits until it is its turn, in any order. */
class SlowStore {
  readonly objects = memoryStore();
  calls: Call[] = [];

  seenBy(owner: Process): ObjectStore {
    const turn = (): Promise<void> =>
      new Promise((go, reject) => this.calls.push({ owner, go, refuse: () => reject(new Error('the store is away')) }));
    const { objects } = this;
    return {
      name: 'slow',
      put: async (...given) => turn().then(() => objects.put(...given)),
      get: async (...given) => turn().then(() => objects.get(...given)),
      head: async (...given) => turn().then(() => objects.head(...given)),
      delete: async (...given) => turn().then(() => objects.delete(...given)),
      list: async function* (...given) {
        await turn();
        yield* objects.list(...given);
      },
    };
  }

  take(which: number): Call | undefined {
    return this.calls.splice(which % Math.max(1, this.calls.length), 1)[0];
  }
}

/** One of the processes that share the store, with work of three parts that are stored when they are done. */
class Process {
  readonly clock = new ManualClock();
  readonly runner: OperationRunner;
  readonly results: string[] = [];
  readonly answers: string[] = [];
  readonly watched: OperationRecord[][] = [];
  readonly store: ObjectStore;
  isAlive = true;
  /** The epoch that it works in, unless it was told to stop. */
  working: { readonly epoch: number; readonly signal: AbortSignal } | undefined;

  constructor(slow: SlowStore) {
    this.store = slow.seenBy(this);
    this.runner = new OperationRunner(new OperationRecords(this.store), {
      places: new Places({ maxRunning: 9 }, this.clock),
      clock: this.clock,
      leaseMs: LEASE_MS,
      onEnd: ({ record }) => this.results.push(`${record.state} ${record.result}`),
      resume: () => this.startable(),
    });
  }

  startable(): Startable {
    return {
      ...{ digest: DIGEST, job: 'j', request: null, tenant: '', coordinates: false },
      run: (execution) => this.run(execution),
      isKept: () => Promise.resolve(true),
    };
  }

  /** Asks for the operation, and watches it. */
  ask(): void {
    const place = this.answers.push('asked') - 1;
    const seen: OperationRecord[] = [];
    this.watched.push(seen);
    const watch = async (): Promise<void> => {
      await this.runner.start(this.startable());
      this.answers[place] = 'answered';
      for await (const record of this.runner.watch(NAME, 0)) seen.push(record);
    };
    watch().catch(() => undefined);
  }

  private async run({ epoch, signal }: Execution): Promise<string> {
    this.working = { epoch, signal };
    try {
      for (const part of PARTS) {
        signal.throwIfAborted();
        const key = `parts/${part}`;
        if ((await this.store.head(key)) !== undefined) continue;
        await this.clock.pause(100, signal); // it computes
        signal.throwIfAborted();
        await this.store.put(key, new TextEncoder().encode(part), { ifAbsent: true });
      }
      return 'sha256:1';
    } finally {
      this.working = undefined;
    }
  }
}

const event = (processes: number): fc.Arbitrary<Event> => {
  const who = fc.nat({ max: processes - 1 });
  return fc.oneof(
    { weight: 12, arbitrary: fc.record({ what: fc.constant('answer' as const), which: fc.nat({ max: 7 }) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('refuse' as const), which: fc.nat({ max: 7 }) }) },
    { weight: 5, arbitrary: fc.record({ what: fc.constant('pass' as const), who, ms: fc.constantFrom(50, 100, 250, 500, 1_000) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('ask' as const), who }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('kill' as const), who }) },
  );
};

it('the lease protocol has at most one holder that was not followed, and one answer, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event(3), { minLength: 20, maxLength: 120 }), async (events) => {
      const slow = new SlowStore();
      const processes = Array.from({ length: 3 }, () => new Process(slow));
      const highest = async (): Promise<number> => (await new OperationRecords(slow.objects).newest(DIGEST))?.epoch ?? 0;

      const check = async (): Promise<void> => {
        const epoch = await highest();
        const working = processes.filter((each) => each.isAlive && each.working?.signal.aborted === false);
        expect(working.filter((each) => each.working!.epoch === epoch).length).toBeLessThanOrEqual(1);
        expect(working.every((each) => each.working!.epoch <= epoch)).toBe(true);
        expect(new Set(working.map((each) => each.working!.epoch)).size).toBe(working.length);
      };
      const kill = (process: Process): void => {
        process.isAlive = false;
        slow.calls = slow.calls.filter(({ owner }) => owner !== process);
      };

      processes[0]!.ask();
      for (const each of events) {
        if (each.what === 'answer') slow.take(each.which)?.go();
        else if (each.what === 'refuse') slow.take(each.which)?.refuse();
        else if (each.what === 'pass' && processes[each.who]!.isAlive) processes[each.who]!.clock.jump(each.ms);
        else if (each.what === 'ask' && processes[each.who]!.isAlive) processes[each.who]!.ask();
        else if (each.what === 'kill' && processes.filter(({ isAlive }) => isAlive).length > 1) kill(processes[each.who]!);
        slow.calls = slow.calls.filter(({ owner }) => owner.isAlive);
        await new Promise((resolve) => setImmediate(resolve));
        await check();
      }

      // From here on everything is answered, time passes alike for all who live, and whoever lives asks once more after what had begun.
      const living = processes.filter(({ isAlive }) => isAlive);
      const calm = async (steps: number): Promise<void> => {
        for (let step = 0; step < steps; step++) {
          for (const call of slow.calls.splice(0)) if (call.owner.isAlive) call.go();
          await new Promise((resolve) => setImmediate(resolve));
          if (slow.calls.length > 0) continue;
          for (const { clock } of living) clock.jump(100);
          await new Promise((resolve) => setImmediate(resolve));
          await check();
        }
      };
      await calm(150);
      for (const each of living) each.ask();
      await calm(150);
      const record = (await new OperationRecords(slow.objects).read(DIGEST))!.record;
      expect(record).toMatchObject({ state: 'SUCCEEDED', result: 'sha256:1' });
      for (const { results } of processes) for (const result of results) expect(result).toMatch(/^(SUCCEEDED sha256:1|FAILED null)$/);
      for (const each of living) {
        expect(each.answers.at(-1)).toBe('answered');
        for (const seen of each.watched) for (let i = 1; i < seen.length; i++) expect(seen[i]!.sequence).toBeGreaterThan(seen[i - 1]!.sequence);
        expect(each.watched.at(-1)?.at(-1)?.state).toBe('SUCCEEDED');
      }
      for (const each of living) {
        slow.calls = [];
        const closing = each.runner.close();
        for (let i = 0; i < 20; i++) {
          for (const call of slow.calls.splice(0)) call.go();
          await settled();
        }
        await closing;
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
