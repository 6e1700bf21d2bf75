import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { complexity } from './complexity.js';
import { expectWithin } from './expect-within.fixture.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const F = Float64Array;

describe('complexity', () => {
  it('is what is unread on average, its error that of the folds, its depth where half is read', () => {
    const layers = [
      { r2: F.of(0, 0.25), foldR2: F.of(0, 0.2, 0, 0.3), r2InSample: F.of(0.1, 0.5) },
      { r2: F.of(0, 0.5), foldR2: F.of(0, 0.4, 0, 0.6), r2InSample: F.of(0.1, 1) },
    ];
    const found = complexity(layers, { variance: F.of(0, 4) });
    expectWithin(found.kStd, [1, 0.625], 1e-15);
    expectWithin(found.kStdSe, [0, 0.075], 1e-15); // folds: 0.7 and 0.55
    expectWithin(found.kRaw, [1, -0.5], 1e-15);
    expectWithin(found.kPublished!, [1, -2], 1e-15);
    expectWithin(found.depthHalf, [2, 1], 1e-15);
  });

  it('is in [0, 1], and its depth in (0, L]', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 9 }), (values) => {
        const layers = values.map((pair) => ({ r2: F.from(pair), foldR2: F.from([...pair, ...pair]) }));
        const { kStd, depthHalf } = complexity(layers, { variance: F.of(1, 1) });
        kStd.forEach((k) => expect(k >= 0 && k <= 1).toBe(true));
        depthHalf.forEach((depth) => expect(depth > 0 && depth <= layers.length).toBe(true));
      }),
    );
  });

  it('has no published variant unless every layer has an in-sample R²', () => {
    const layer = { r2: F.of(0.5), foldR2: F.of(0.5, 0.5) };
    expect(complexity([{ ...layer, r2InSample: F.of(1) }, layer], { variance: F.of(1) })).not.toHaveProperty('kPublished');
  });

  it('refuses no layers, and layers of other features or folds', () => {
    const layer = { r2: F.of(0.5), foldR2: F.of(0.5, 0.5) };
    expect(() => complexity([], { variance: F.of(1) })).toThrow(InputError);
    expect(() => complexity([layer], { variance: F.of(1, 2) })).toThrow('layers[0].r2: wrong length (got 1); accepted: 2 values, one a feature');
    expect(() => complexity([layer, { ...layer, foldR2: F.of(1, 1, 1) }], { variance: F.of(1) })).toThrow('layers[1].foldR2: wrong length (got 3)');
    expect(() => complexity([{ ...layer, foldR2: F.of(1) }], { variance: F.of(1) })).toThrow('layers[0].foldR2: wrong length (got 1)');
  });
});
