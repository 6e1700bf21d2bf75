import { Recent } from './recent.js';

/** Something that is read, by a clock that a test moves. */
function reading({ most = 100, weigh = (value: string): number | undefined => value.length } = {}) {
  let now = 0;
  const reads: string[] = [];
  const recent = new Recent<string>(weigh, { keepMs: 1_000, most, now: () => now });
  let answer: (key: string) => Promise<string> = async (key) => `${key} at ${now}`;
  return {
    reads,
    recent,
    at: (ms: number) => (now = ms),
    answerWith: (given: typeof answer) => (answer = given),
    get: (key: string) =>
      recent.get(key, () => {
        reads.push(key);
        return answer(key);
      }),
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what was read a moment ago', () => {
  it('is read once for all who ask', async () => {
    const { get, reads, at } = reading();
    expect(await get('a')).toBe('a at 0');
    at(499);
    expect(await Promise.all([get('a'), get('a'), get('b')])).toEqual(['a at 0', 'a at 0', 'b at 499']);
    expect(reads).toEqual(['a', 'b']);
  });

  it('is read again in the background in the second half of its time, once, and nobody waits for it', async () => {
    const { get, reads, at } = reading();
    await get('a');
    at(500);
    expect(await Promise.all([get('a'), get('a')])).toEqual(['a at 0', 'a at 0']);
    await settled();
    expect(reads).toEqual(['a', 'a']);
    at(1_400);
    expect(await get('a')).toBe('a at 500');
  });

  it('is never told after its time', async () => {
    const { get, at } = reading();
    await get('a');
    at(1_000);
    expect(await get('a')).toBe('a at 1000');
  });

  it('is forgotten where it cannot be read again, and whoever asks next is told why', async () => {
    const { get, at, answerWith } = reading();
    await get('a');
    at(600);
    answerWith(() => Promise.reject(new Error('gone')));
    expect(await get('a')).toBe('a at 0');
    await settled();
    await expect(get('a')).rejects.toThrow('gone');
  });

  it('is forgotten where somebody says so, also while it is on its way', async () => {
    const { get, recent, reads, at } = reading();
    const first = get('a');
    recent.drop('a');
    await first;
    expect(await get('a')).toBe('a at 0');
    at(700);
    const late = get('a');
    recent.drop('a');
    await late;
    await settled();
    await get('a');
    expect(reads).toEqual(['a', 'a', 'a', 'a']);
  });

  it('is not kept where it may change, or is larger than all that is kept', async () => {
    const changing = reading({ weigh: () => undefined });
    const large = reading({ most: 3 });
    for (const { get, reads } of [changing, large]) {
      await get('a');
      await get('a');
      expect(reads).toEqual(['a', 'a']);
    }
  });

  it('is forgotten where it may change from now on', async () => {
    const { get, reads, at, answerWith } = reading({ weigh: (value) => (value === 'changing' ? undefined : 1) });
    await get('a');
    answerWith(() => Promise.resolve('changing'));
    at(500);
    await get('a');
    await settled();
    expect(await get('a')).toBe('changing');
    expect(reads).toHaveLength(3);
  });

  it('makes room for others by what was not asked for the longest', async () => {
    const { get, reads } = reading({ most: 12 }); // two of 6
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
    expect(reads).toEqual(['a', 'b', 'c', 'b']);
  });
});
