import fc from 'fast-check';
import { FIRST_WAY, isEnd, wayAfter } from './sweep-way.js';

const fall = fc.double({ min: -1, max: 1, noNaN: true });
const tolerance = fc.double({ min: 0, max: 0.1, noNaN: true });

describe('the way of a sweep', () => {
  it('goes further after each sweep that serves, and never more than a whole step', () => {
    let way = FIRST_WAY;
    for (let sweep = 0; sweep < 20; sweep++) {
      const next = wayAfter(way, 0.1, 1e-4);
      expect(next).toMatchObject({ isPlain: false, isRough: true });
      expect(next.pace).toBeGreaterThanOrEqual(way.pace);
      way = next;
    }
    expect(way.pace).toBe(1);
  });

  it('is plain, and goes less far from then on, after a sweep that gains less than the tolerance', () => {
    const far = { ...FIRST_WAY, isPlain: false };
    for (const gain of [-0.5, -1e-6, 0, 0.9e-4]) {
      expect(wayAfter(far, gain, 1e-4).isPlain).toBe(true);
      expect(wayAfter(far, gain, 1e-4).pace).toBeLessThan(far.pace);
    }
  });

  it('takes all bits where the loss hardly changes, and where a plain sweep raised it', () => {
    const far = { ...FIRST_WAY, isPlain: false };
    expect([-1e-5, 0, 1e-5].map((gain) => wayAfter(far, gain, 0).isRough)).toEqual([false, false, false]);
    expect([-0.5, 0.5].map((gain) => wayAfter(far, gain, 0).isRough)).toEqual([true, true]);
    expect(wayAfter(FIRST_WAY, -0.5, 0).isRough).toBe(false);
  });

  it('leads to the end within two sweeps once no sweep gains the tolerance', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.array(fall, { minLength: 3, maxLength: 3 }), tolerance, (isPlain, isRough, falls, least) => {
        let way = { pace: 0.5, isPlain, isRough };
        let ends = false;
        for (const one of falls) {
          const gain = Math.min(one, least / 2, least - 1e-12);
          ends ||= isEnd(way, gain, least);
          way = wayAfter(way, gain, least);
        }
        expect(ends).toBe(true);
      }),
    );
  });

  it('is no end where a sweep went beyond its updates, was rough, or gained the tolerance', () => {
    const end = { pace: 0.5, isPlain: true, isRough: false };
    expect(isEnd(end, 0.9e-4, 1e-4)).toBe(true);
    expect([isEnd({ ...end, isPlain: false }, 0, 1e-4), isEnd({ ...end, isRough: true }, 0, 1e-4), isEnd(end, 1e-4, 1e-4)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
