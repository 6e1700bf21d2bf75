import { InputError } from '@fathom/errors';

import { expectWithin } from './expect-within.fixture.js';
import { overTraining } from './over-training.js';

const F = Float64Array;

describe('Λ over training', () => {
  it('is what is unread on average over checkpoints; without what K shares, the last of both is left out', () => {
    const found = overTraining([F.of(0, 0.5), F.of(0.8, 1)], [F.of(0.3, 0.2), F.of(0.5, 0.4), F.of(0.8, 1)], { variance: F.of(10, 2) });
    expectWithin(found.lambda, [0.6, 0.25], 1e-15);
    expectWithin(found.lambdaRaw, [-3, -0.5], 1e-15);
    expectWithin(found.lambdaUnshared!, [1, 0.5], 1e-15);
    expectWithin(found.kStdUnshared!, [0.6, 0.7], 1e-15);
  });

  it('has no unshared part where there is but one checkpoint or layer', () => {
    expect(Object.keys(overTraining([F.of(1)], [F.of(1)], { variance: F.of(1) }))).toEqual(['lambda', 'lambdaRaw']);
  });

  it('refuses none, and other features', () => {
    expect(() => overTraining([], [F.of(1)], { variance: F.of(1) })).toThrow(InputError);
    expect(() => overTraining([F.of(1)], [], { variance: F.of(1) })).toThrow('layers: none (got 0)');
    expect(() => overTraining([F.of(1), F.of(1, 1)], [F.of(1)], { variance: F.of(1) })).toThrow('checkpoints[1]: wrong length (got 2)');
  });
});
