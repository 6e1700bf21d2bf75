import { seededMasks } from './seeded-masks.js';

const removed = ({ masks, count }: { masks: Uint8Array; count: number }, d: number) =>
  Array.from({ length: count }, (_, m) => d - masks.subarray(m * d, (m + 1) * d).reduce((sum, kept) => sum + kept, 0));

describe('seeded masks', () => {
  it('are 20 each of 10 %, 50 % and 90 %, halves going up', () => {
    const masks = seededMasks(25, 1);
    expect(masks.count).toBe(60);
    expect(removed(masks, 25)).toEqual([...Array<number>(20).fill(3), ...Array<number>(20).fill(13), ...Array<number>(20).fill(23)]);
  });

  it('leave at least one channel', () => {
    expect(removed(seededMasks(4, 1, { shares: [0.9, 1], perShare: 2 }), 4)).toEqual([3, 3, 3, 3]);
    expect(removed(seededMasks(1, 1, { perShare: 1 }), 1)).toEqual([0, 0, 0]);
  });

  it('remove every channel equally often', () => {
    const [d, perShare] = [10, 2000];
    const { masks } = seededMasks(d, 3, { shares: [0.3], perShare });
    for (let c = 0; c < d; c++) {
      let kept = 0;
      for (let m = 0; m < perShare; m++) kept += masks[m * d + c]!;
      // five standard errors of a share of 0.7
      expect(Math.abs(kept / perShare - 0.7)).toBeLessThan(5 * Math.sqrt((0.7 * 0.3) / perShare));
    }
  });

  it('depend on the seed, and on no other mask', () => {
    const all = seededMasks(30, 7);
    expect(seededMasks(30, 7)).toEqual(all);
    expect(seededMasks(30, 8).masks).not.toEqual(all.masks);
    expect(seededMasks(30, 7, { shares: [0.5], perShare: 3 }).masks).toEqual(all.masks.slice(20 * 30, 23 * 30));
  });

  it.each([
    [() => seededMasks(0, 1), 'd: no channels (got 0)'],
    [() => seededMasks(3, 1, { shares: [1.5] }), 'shares: not a share (got 1.5)'],
    [() => seededMasks(3, 1, { perShare: 0 }), 'perShare: no masks (got 0)'],
    [() => seededMasks(3, -1), 'seed'],
  ])('refuse what cannot be drawn', (make, message) => expect(make).toThrow(message));
});
