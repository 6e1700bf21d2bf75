import { allEnded, inlineCrew, sharedBytes, sharedFloat64, type Task } from './crew.js';
import { referenceEngine } from './reference-engine.js';

function task<Input, Output>(run: Task<Input, Output>['run']): Task<Input, Output> {
  return { module: __filename, name: 'task', run };
}

describe('a crew in this thread', () => {
  it('does one task after another, in the order asked for, also after one that failed', async () => {
    const crew = inlineCrew(referenceEngine);
    const seen: string[] = [];
    const slow = task(async (name: string) => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      if (name === 'b') throw new Error('b failed');
      return name;
    });
    const ends = await Promise.allSettled(['a', 'b', 'c'].map((name) => crew.run(slow, name)));
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('gives each task its engine, and says who that is', async () => {
    const crew = inlineCrew(referenceEngine);
    expect(crew).toMatchObject({ hands: 1, engine: { name: 'reference', way: 'float64' } });
    expect(
      await crew.run(
        task(async (_: null, engine) => engine),
        null,
      ),
    ).toBe(referenceEngine);
  });
});

describe('work that is waited for', () => {
  it('comes to what each piece does, in their order', async () => {
    expect(await allEnded([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
  });

  it('that fails has all ended before the first error in order is thrown', async () => {
    let end = (): void => undefined;
    const last = new Promise<void>((resolve) => (end = resolve));
    let thrown: unknown;
    const all = allEnded([Promise.reject(new Error('one')), Promise.reject(new Error('two')), last]).catch((error: unknown) => (thrown = error));
    await new Promise((resolve) => setImmediate(resolve));
    expect(thrown).toBeUndefined();
    end();
    await all;
    expect(thrown).toEqual(new Error('one'));
  });
});

it('shared arrays begin as zeros over memory that threads share', () => {
  for (const array of [sharedFloat64(3), sharedBytes(3)]) {
    expect(Array.from(array)).toEqual([0, 0, 0]);
    expect(array.buffer).toBeInstanceOf(SharedArrayBuffer);
  }
});
