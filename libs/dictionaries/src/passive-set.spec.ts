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
        const set = new PassiveSet().over(h, b, k);
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

  it('has the same bits whether atoms come one by one or together', () => {
    const [k, d] = [23, 30];
    const data = gaussianMatrix(k * d, 5);
    data.copyWithin(7 * d, 2 * d, 3 * d); // atom 7 is atom 2: it is left out
    const h = new Float64Array(k * k);
    innerProducts(h, 0, data, k, data, k, d);
    const b = gaussianMatrix(k, 6);
    const [one, all] = [new PassiveSet().over(h, b, k), new PassiveSet().over(h, b, k)];
    for (let atom = 0; atom < k; atom++) expect(one.add(atom)).toBe(atom !== 7);
    all.addAll(Int32Array.from({ length: k }, (_, atom) => atom));
    expect([...all.members.subarray(0, all.size)]).toEqual([...one.members.subarray(0, one.size)]);
    const solutions = [one, all].map((set) => {
      const out = new Float64Array(set.size);
      set.solve(out);
      return out;
    });
    expect(solutions[0]).toEqual(solutions[1]);
  });

  it('corrects a solution by what is left of the equations', () => {
    const set = new PassiveSet().over(Float64Array.of(4, 2, 2, 3), Float64Array.of(8, 7), 2);
    set.addAll([0, 1]);
    const out = Float64Array.of(1, 1);
    set.correct(out, Float64Array.of(8 - 4 - 2, 7 - 2 - 3));
    expect([...out].map((x) => Math.round(x * 1e12) / 1e12)).toEqual([1.25, 1.5]);
  });

  it('refuses an atom that depends on its members, and a zero atom', () => {
    const set = new PassiveSet().over(Float64Array.of(1, 1, 0, 1, 1, 0, 0, 0, 0), Float64Array.of(1, 1, 0), 3);
    expect(set.add(0)).toBe(true);
    expect(set.add(1)).toBe(false);
    expect(set.add(2)).toBe(false);
    expect(set.size).toBe(1);
  });
});
