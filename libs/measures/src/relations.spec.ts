import { cancelled, unwatched } from '@fathom/errors';

import { goldenCase, liveIn } from './golden-case.fixture.js';
import { relations } from './relations.js';

const few = { seed: 1, bootstrapDraws: 20, permutationDraws: 20 };

describe('the relations of a study', () => {
  it.each(['planted', 'wide'] as const)('are those of the reference (%s)', (name) => {
    const { expected } = goldenCase(name);
    const { importance_signed: signed, ...scores } = expected;
    const found = relations(scores, { ...few, live: liveIn(expected.variance) });
    expect(signed).toHaveLength(expected.k_std.length);
    expect(Object.keys(found)).toEqual(Object.keys(expected.correlations));
    for (const [pair, { rho, partial }] of Object.entries(found)) {
      expect(rho).toBeCloseTo(expected.correlations[pair]!, 12);
      if (pair.endsWith('~hoyer')) expect(partial).toBeNull();
      else expect(partial).toBeCloseTo(expected.partial_correlations[pair]!, 10);
    }
  });

  const { expected } = goldenCase('planted');
  const live = liveIn(expected.variance);
  const { k_std, k_raw, prevalence, variance } = expected;
  const base = { k_std, k_raw, prevalence, variance };

  it('are only of the scores that are there', () => {
    expect(relations(base, { ...few, live })).toEqual({});
    expect(Object.keys(relations({ ...base, lambda: expected.lambda }, { ...few, live }))).toEqual(['k_std~lambda', 'k_raw~lambda']);
  });

  it('have the strength of a signed importance, whatever its sign', () => {
    const { importance_signed } = expected;
    const flipped = importance_signed.map((value) => -value);
    const found = relations({ ...base, importance_signed }, { ...few, live });
    expect(Object.keys(found)).toEqual(['k_std~abs_importance_signed', 'k_raw~abs_importance_signed']);
    expect(relations({ ...base, importance_signed: flipped }, { ...few, live })).toEqual(found);
  });

  it('stop when asked to, and say how far they are', () => {
    const seen: number[][] = [];
    relations({ ...base, hoyer: expected.hoyer }, { ...few, live }, { ...unwatched, progress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual([
      [1, 2],
      [2, 2],
    ]);
    const stop = {
      ...unwatched,
      throwIfCancelled: () => {
        throw cancelled();
      },
    };
    expect(() => relations({ ...base, hoyer: expected.hoyer }, { ...few, live }, stop)).toThrow('cancelled');
  });
});
