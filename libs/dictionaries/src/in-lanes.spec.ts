import { inLanes, lanesFor } from './in-lanes.js';

describe('work in lanes', () => {
  it('does every piece once, begun in order, and never two at a time in a lane', async () => {
    const begun: number[] = [];
    const busy = new Set<number>();
    await inLanes(20, 3, async (index, lane) => {
      expect(busy.has(lane)).toBe(false);
      busy.add(lane);
      begun.push(index);
      for (let turn = 0; turn < (index * 7) % 5; turn++) await Promise.resolve();
      busy.delete(lane);
    });
    expect(begun).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('begins nothing after a failure, and throws it when all that was begun has ended', async () => {
    const ended: number[] = [];
    const work = async (index: number) => {
      await Promise.resolve();
      if (index === 1) throw new Error('no');
      await Promise.resolve();
      ended.push(index);
    };
    await expect(inLanes(10, 2, work)).rejects.toThrow('no');
    expect(ended).toEqual([0]);
  });

  it('has one lane for a crew of one', () => {
    expect([lanesFor(1), lanesFor(2)]).toEqual([1, 3]);
  });
});
