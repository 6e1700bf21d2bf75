import type { Crew, Task } from './crew.js';
import { referenceEngine } from './reference-engine.js';
import { whileIdle } from './while-idle.js';

/** A crew of two whose tasks, inputs by name, end when they are told to. */
class HeldCrew implements Crew {
  readonly hands = 2;
  readonly engine = referenceEngine;
  readonly running = new Map<string, (error?: Error) => void>();

  async run<Input, Output>(_task: Task<Input, Output>, input: Input): Promise<Output> {
    await new Promise<void>((resolve, reject) => {
      this.running.set(String(input), (error) => {
        this.running.delete(String(input));
        if (error) reject(error);
        else resolve();
      });
    });
    return input as unknown as Output;
  }

  /** Ends a task, and lets all that follows from it happen. @returns what runs then */
  async end(name: string, error?: Error): Promise<string[]> {
    this.running.get(name)!(error);
    await settled();
    return [...this.running.keys()];
  }
}

const settled = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const task: Task<string, string> = { module: '', name: '', run: (input) => Promise.resolve(input) };
const doAll =
  (...names: string[]) =>
  async (crew: Crew): Promise<string[]> =>
    Promise.all(names.map((name) => crew.run(task, name)));

describe('other work', () => {
  it('is done where a hand would be idle, one task for each, and not before what waits', async () => {
    const crew = new HeldCrew();
    const ending = whileIdle(crew, doAll('a', 'b', 'c'), doAll('y', 'z'));
    await settled();
    expect([...crew.running.keys()]).toEqual(['a', 'b', 'c']); // one of them waits for a hand
    expect(await crew.end('a')).toEqual(['b', 'c']);
    expect(await crew.end('b')).toEqual(['c', 'y']);
    expect(await crew.end('y')).toEqual(['c', 'z']);
    expect(await crew.end('c')).toEqual(['z']);
    await crew.end('z');
    expect(await ending).toEqual(['a', 'b', 'c']);
  });

  it('waits again where the first work was quicker to find a hand', async () => {
    const crew = new HeldCrew();
    const first = async (by: Crew): Promise<void> => {
      await doAll('a', 'b')(by);
      await doAll('c', 'd')(by);
    };
    const ending = whileIdle(crew, first, async (by) => {
      await by.run(task, 'y');
      await by.run(task, 'z');
    });
    await settled();
    expect(await crew.end('a')).toEqual(['b', 'y']);
    expect(await crew.end('b')).toEqual(['y', 'c', 'd']);
    expect(await crew.end('y')).toEqual(['c', 'd']);
    expect(await crew.end('d')).toEqual(['c', 'z']);
    await crew.end('c');
    await crew.end('z');
    await ending;
  });

  it('has ended, as the first has, when either has failed', async () => {
    const crew = new HeldCrew();
    let thrown: unknown;
    const failing = whileIdle(crew, doAll('a'), doAll('y')).catch((error: unknown) => (thrown = error));
    await settled();
    await crew.end('a', new Error('the first'));
    expect(thrown).toBeUndefined();
    await crew.end('y', new Error('the other'));
    await failing;
    expect(thrown).toEqual(new Error('the first'));
  });

  it('gets no hands any more once the first has failed', async () => {
    const crew = new HeldCrew();
    const ending = whileIdle(crew, doAll('a'), async (by) => {
      await by.run(task, 'y');
      await by.run(task, 'z');
    });
    ending.catch(() => undefined);
    await settled();
    expect(await crew.end('a', new Error('the first'))).toEqual(['y']);
    expect(await crew.end('y')).toEqual([]);
    await expect(ending).rejects.toThrow('the first');
  });

  it('fails the whole where it alone fails', async () => {
    const crew = new HeldCrew();
    const ending = whileIdle(crew, doAll('a'), doAll('y'));
    ending.catch(() => undefined);
    await settled();
    await crew.end('y', new Error('the other'));
    await crew.end('a');
    await expect(ending).rejects.toThrow('the other');
  });
});
