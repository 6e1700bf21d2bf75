import { getEventListeners } from 'node:events';
import { FathomError } from '@fathom/errors';
import { probeStore } from './store-probe.js';

type Head = (key: string) => Promise<undefined>;

/** What is told of a store, until `count` times. */
async function told(heads: Head[], count: number): Promise<boolean[]> {
  const said: boolean[] = [];
  const stop = new AbortController();
  const head: Head = (key) => (heads.length > 1 ? heads.shift()! : heads[0]!)(key);
  const tell = (answers: boolean): void => {
    if (said.push(answers) === count) stop.abort();
  };
  await probeStore({ head }, stop.signal, tell, { everyMs: 1, withinMs: 20 });
  return said;
}

const answers: Head = () => Promise.resolve(undefined);
const fails: Head = () => Promise.reject(new FathomError('STORE_UNAVAILABLE', 'no'));
const late: Head = () => new Promise((resolve) => setTimeout(() => resolve(undefined), 60));

describe('a store is there', () => {
  it('as long as it answers', async () => expect(await told([answers], 4)).toEqual([true, true, true, true]));

  it('again once it answers again', async () => expect(await told([answers, fails, answers], 5)).toEqual([true, true, false, false, true]));

  it('not while an answer is overdue; then as the answer says', async () => expect(await told([late, answers], 3)).toEqual([false, true, true]));
});

it('a store that never answers is asked once, and nothing is told of it after the end', async () => {
  let answer: (there: undefined) => void = () => undefined;
  const head = jest.fn(() => new Promise<undefined>((resolve) => (answer = resolve)));
  const stop = new AbortController();
  const said: boolean[] = [];
  const first = new Promise<void>((resolve) => {
    const tell = (there: boolean): void => {
      said.push(there);
      resolve();
    };
    void probeStore({ head }, stop.signal, tell, { everyMs: 1, withinMs: 1 });
  });
  await first;
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  answer(undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(said).toEqual([false]);
  expect(head).toHaveBeenCalledTimes(1);
});

it('a store may be asked for as long as a process runs: nothing is left behind at the signal', async () => {
  const stop = new AbortController();
  let times = 0;
  const tell = (): void => {
    times += 1;
    expect(getEventListeners(stop.signal, 'abort').length).toBeLessThan(4);
    if (times === 40) stop.abort();
  };
  await probeStore({ head: answers }, stop.signal, tell, { everyMs: 0, withinMs: 1 });
});
