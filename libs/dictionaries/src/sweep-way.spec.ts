import fc from 'fast-check';
import { firstWay, isEnd, wayAfter, wholeRows, type Grain, type SweepWay } from './sweep-way.js';

const fall = fc.double({ min: -1, max: 1, noNaN: true });
const tolerance = fc.double({ min: 0, max: 0.1, noNaN: true });
const plain: SweepWay = { pace: 0.5, isPlain: true, grain: 'rough' };
const far: SweepWay = { ...plain, isPlain: false };
/** After a sweep that says nothing of low bytes. */
const after = (way: SweepWay, gain: number, least: number): SweepWay => wayAfter(way, { fall: gain, loss: 1, lowEnergy: 0 }, least);

describe('the way of a sweep', () => {
  it.each(['coarse', 'rough'] as const)('goes further after each %s sweep that serves, and never more than a whole step', (grain) => {
    let way: SweepWay = { ...plain, grain };
    for (let sweep = 0; sweep < 20; sweep++) {
      const next = after(way, 0.1, 1e-4);
      expect(next).toMatchObject({ isPlain: false, grain });
      expect(next.pace).toBeGreaterThanOrEqual(way.pace);
      way = next;
    }
    expect(way.pace).toBe(1);
  });

  it('is plain, and goes less far from then on, after a sweep that gains less than the tolerance', () => {
    for (const gain of [-0.5, -1e-6, 0, 0.9e-4]) {
      expect(after(far, gain, 1e-4).isPlain).toBe(true);
      expect(after(far, gain, 1e-4).pace).toBeLessThan(far.pace);
    }
  });

  it('takes all bits where the loss hardly changes, and where a plain sweep raised it', () => {
    expect([-1e-5, 0, 1e-5].map((gain) => after(far, gain, 0).grain)).toEqual(['fine', 'fine', 'fine']);
    expect([-0.5, 0.5].map((gain) => after(far, gain, 0).grain)).toEqual(['rough', 'rough']);
    expect(after(plain, -0.5, 0).grain).toBe('fine');
  });

  it('begins with high bytes where the low ones add little to them', () => {
    expect([firstWay(33, 1), firstWay(32, 1), firstWay(0, 0)].map(({ grain }) => grain)).toEqual(['coarse', 'rough', 'rough']);
    expect(firstWay(33, 1)).toMatchObject({ isPlain: true });
  });

  it('turns to whole rows, plainly, where high bytes gain little or what is left of them is not far above the low ones', () => {
    const coarse: SweepWay = { ...far, grain: 'coarse' };
    expect(after(coarse, 1e-3, 0)).toMatchObject({ isPlain: false, grain: 'coarse' });
    expect(after(coarse, 0.9e-3, 0)).toMatchObject({ isPlain: true, grain: 'rough' });
    expect(wayAfter(coarse, { fall: 0.1, loss: 33, lowEnergy: 1 }, 0)).toMatchObject({ isPlain: false, grain: 'coarse' });
    expect(wayAfter(coarse, { fall: 0.1, loss: 32, lowEnergy: 1 }, 0)).toMatchObject({ isPlain: true, grain: 'rough' });
    // A rise comes from going too far, unless it is a plain sweep's.
    expect(after(coarse, -0.1, 0)).toMatchObject({ isPlain: true, grain: 'coarse' });
    expect(after({ ...coarse, isPlain: true }, -0.1, 0)).toMatchObject({ isPlain: true, grain: 'rough' });
    expect(wholeRows(coarse)).toEqual({ ...coarse, isPlain: true, grain: 'rough' });
  });

  it('leads to the end within two sweeps of whole rows once no sweep gains the tolerance', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.constantFrom<Grain>('coarse', 'rough', 'fine'),
        fc.array(fall, { minLength: 5, maxLength: 5 }),
        tolerance,
        (isPlain, grain, falls, least) => {
          let way: SweepWay = { pace: 0.5, isPlain, grain };
          let ends = false;
          for (const one of grain === 'coarse' ? falls : falls.slice(2)) {
            const gain = Math.min(one, least / 2, least - 1e-12);
            ends ||= isEnd(way, gain, least);
            way = after(way, gain, least);
          }
          expect(ends).toBe(true);
        },
      ),
    );
  });

  it('is no end where a sweep went beyond its updates, was not fine, or gained the tolerance', () => {
    const end: SweepWay = { ...plain, grain: 'fine' };
    expect(isEnd(end, 0.9e-4, 1e-4)).toBe(true);
    expect([
      isEnd({ ...end, isPlain: false }, 0, 1e-4),
      isEnd(plain, 0, 1e-4),
      isEnd({ ...plain, grain: 'coarse' }, 0, 1e-4),
      isEnd(end, 1e-4, 1e-4),
    ]).toEqual([false, false, false, false]);
  });
});
