import fc from 'fast-check';

import { expectClose, goldenCase } from './golden-case.fixture.js';
import { hoyer } from './hoyer.js';

describe("Hoyer's sparsity", () => {
  it.each(['planted', 'wide'] as const)('is that of the reference (%s)', (name) => {
    const golden = goldenCase(name);
    const { shape, values } = golden.array('dictionary', 'D');
    expectClose(hoyer(values, shape[0]!, shape[1]!), golden.expected.hoyer);
  });

  it('is 1 for one channel alone, 0 for an even spread and for a zero atom', () => {
    expect([...hoyer([0, 0, -3, 0, 2, 2, -2, 2, 0, 0, 0, 0], 3, 4)]).toEqual([1, 0, 0]);
    expect([...hoyer([5, 0], 2, 1)]).toEqual([1, 0]);
  });

  it('lies in [0, 1] and does not change with the scale of an atom', () => {
    const atoms = fc.array(
      fc.double({ min: -1e3, max: 1e3, noNaN: true }).map((v) => Math.round(v * 1e3) / 1e3),
      { minLength: 6, maxLength: 6 },
    );
    fc.assert(
      fc.property(atoms, fc.double({ min: 0.01, max: 100, noNaN: true }), (atom, scale) => {
        const [value] = hoyer(atom, 1, 6);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(
          hoyer(
            atom.map((v) => v * scale),
            1,
            6,
          )[0],
        ).toBeCloseTo(value!, 10);
      }),
    );
  });

  it('refuses a dictionary of another size, and names a value that is NaN', () => {
    expect(() => hoyer([1, 2, 3], 2, 2)).toThrow('D: wrong number of values (got 3); accepted: k × d = 2 × 2 values, d ≥ 1');
    expect(() => hoyer([1, 2, 3, NaN], 2, 2)).toThrow('D, row 1, column 1');
  });
});
