import fc from 'fast-check';
import { gaussianMatrix } from './compare.fixture.js';
import { PassiveSet } from './passive-set.js';
import { innerProducts } from './row-products.js';

describe('a passive set', () => {
  it('solves on its members whatever came and went before', () => {
    const steps = fc.array(fc.record({ remove: fc.boolean(), which: fc.nat(100) }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.nat(1000), (moves, seed) => {
        const [k, d] = [12, 20];
        const data = gaussianMatrix(k * d, seed);
        const h = new Float64Array(k * k);
        innerProducts(h, 0, data, k, data, k, d);
        const b = gaussianMatrix(k, seed + 1);
        const set = new PassiveSet(h, b, k);
        for (const { remove, which } of moves) {
          const members = [...set.members.subarray(0, set.size)];
          const outside = Array.from({ length: k }, (_, j) => j).filter((j) => !members.includes(j));
          if (members.length > 0 && (remove || outside.length === 0)) set.removeAt(which % members.length);
          else expect(set.add(outside[which % outside.length]!)).toBe(true);
        }
        const members = [...set.members.subarray(0, set.size)];
        const solution = new Float64Array(k);
        set.solve(solution);
        for (const i of members) {
          const left = members.reduce((sum, j, at) => sum + h[i * k + j]! * solution[at]!, 0);
          expect(Math.abs(left - b[i]!)).toBeLessThan(1e-9);
        }
      }),
    );
  });

  it('refuses an atom that depends on its members, and a zero atom', () => {
    const set = new PassiveSet(Float64Array.of(1, 1, 0, 1, 1, 0, 0, 0, 0), Float64Array.of(1, 1, 0), 3);
    expect(set.add(0)).toBe(true);
    expect(set.add(1)).toBe(false);
    expect(set.add(2)).toBe(false);
    expect(set.size).toBe(1);
  });
});
