import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { deadline } from './deadline.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('a deadline', () => {
  it('aborts after its time, though nobody holds it and the garbage collector runs', async () => {
    const collecting = setInterval(collect, 10);
    const aborted = new Promise((resolve) => deadline(100, new AbortController().signal).signal.addEventListener('abort', () => resolve('aborted')));
    const never = new Promise((resolve) => setTimeout(resolve, 5000, 'never').unref());
    const first = await Promise.race([aborted, never]);
    clearInterval(collecting);
    expect(first).toBe('aborted');
  });

  it('aborts when the other signal does, with its reason, before or after it is made', () => {
    const other = new AbortController();
    const [early, ended] = [deadline(60_000, other.signal), deadline(60_000, other.signal)];
    ended.end();
    expect(early.signal.aborted).toBe(false);
    other.abort('stop');
    const late = deadline(60_000, other.signal);
    for (const { signal, end } of [early, late]) {
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toBe('stop');
      end();
    }
    expect(ended.signal.aborted).toBe(false);
  });

  it('leaves nothing behind once it has ended', async () => {
    const other = new AbortController();
    const { signal, end } = deadline(1, other.signal);
    end();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(signal.aborted).toBe(false);
    expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  });
});
