import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { Prng } from './prng.js';
import { random } from './random.fixture.js';

describe.each(random.streams)('the stream "$stream" of seed $seed', ({ seed, stream, uint32, uniform, gaussian, below3e9, permutation }) => {
  const fresh = (): Prng => new Prng(seed, stream);
  const draws = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

  it('gives the integers and fractions of an independent program', () => {
    const integers = fresh();
    const fractions = fresh();
    const bounded = fresh();
    expect(draws(8, () => integers.uint32())).toEqual(uint32);
    expect(draws(4, () => fractions.uniform())).toEqual(uniform);
    expect(draws(8, () => bounded.below(3_000_000_000))).toEqual(below3e9);
    expect([...fresh().permutation(12)]).toEqual(permutation);
  });

  it('gives its normal numbers, one by one and filled in', () => {
    const source = fresh();
    const drawn = draws(9, () => source.gaussian());
    drawn.forEach((value, index) => expect(Math.abs(value / gaussian[index]! - 1)).toBeLessThan(1e-15));
    const filled = new Float64Array(9);
    fresh().fillGaussian(filled);
    expect([...filled]).toEqual(drawn);
  });
});

describe('random numbers', () => {
  it('differ between streams and between seeds', () => {
    const first = (seed: number, stream?: string | number): string => {
      const source = new Prng(seed, stream);
      return [source.uint32(), source.uint32()].join();
    };
    const seen = [first(1), first(2), first(2 ** 32 + 1), first(1, 'a'), first(1, 'b'), first(1, 'a\0'), first(1, 1), first(1, 2)];
    expect(new Set(seen).size).toBe(seen.length);
    expect(first(3, 17)).toBe(first(3, '17'));
  });

  it('have the moments of a uniform and of a normal distribution', () => {
    const source = new Prng(3, 'moments');
    const normal = new Float64Array(200_000);
    source.fillGaussian(normal);
    const moment = (power: number): number => normal.reduce((sum, x) => sum + x ** power, 0) / normal.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
    let sum = 0;
    for (let draw = 0; draw < 100_000; draw += 1) sum += source.uniform();
    expect(Math.abs(sum / 100_000 - 0.5)).toBeLessThan(0.005);
  });

  it('below a bound stay below it, and reach every value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(), (bound, seed) => {
        const drawn = new Prng(seed).below(bound);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < bound).toBe(true);
      }),
    );
    const source = new Prng(1, 'dice');
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 3000; draw += 1) counts[source.below(3)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  it('permute: every number once', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(), (count, seed) => {
        expect([...new Prng(seed).permutation(count)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
    );
  });

  it('refuse a seed or a bound that is none', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => new Prng(seed)).toThrow(InputError);
    for (const bound of [0, -3, 1.5, 2 ** 32 + 1]) expect(() => new Prng(1).below(bound)).toThrow(InputError);
  });
});
