import { keptWhileNeeded } from './kept-while-needed.js';

describe('what work leaves behind for the next', () => {
  let released = 0;
  const run = keptWhileNeeded(() => (released += 1));
  const work = () => Promise.resolve('done');
  beforeEach(() => {
    jest.useFakeTimers();
    released = 0;
  });
  afterEach(() => jest.useRealTimers());

  it('is kept for work that comes soon', async () => {
    for (let i = 0; i < 5; i += 1) {
      expect(await run(work, false)).toBe('done');
      jest.advanceTimersByTime(9_000);
    }
    await run(() => Promise.resolve(jest.advanceTimersByTime(60_000)), false); // not while it is used, however long that takes
    expect(released).toBe(0);
  });

  it('is let go where no work comes', async () => {
    await run(work, false);
    jest.advanceTimersByTime(10_000);
    expect(released).toBe(1);
  });

  it('is let go after the last piece, and after one that fails', async () => {
    expect(await run(work, true)).toBe('done');
    expect(released).toBe(1);
    await expect(run(() => Promise.reject(new Error('cancelled')), false)).rejects.toThrow('cancelled');
    expect(released).toBe(2);
    jest.advanceTimersByTime(60_000);
    expect(released).toBe(2);
  });
});
