import { InputError } from '@fathom/errors';

import { extremeFeatures } from './extreme-features.js';

const sizes = (features: number): number => extremeFeatures(new Float64Array(features), new Uint8Array(features).fill(1)).simplest.length;

describe('the extreme features', () => {
  it('are 10 % of the live ones at each end, at least 5 and at most 100', () => {
    expect([3, 24, 100, 104, 530, 1200].map(sizes)).toEqual([3, 5, 10, 10, 53, 100]);
  });

  it('are ordered from the end inwards, ties by the lower index, dead ones left out', () => {
    const kStd = Float64Array.of(0.5, 1, 0.1, 0.9, 0.5, 0.1, 0.9, 1, 0.3);
    const live = Uint8Array.of(1, 0, 1, 1, 1, 1, 1, 0, 1);
    expect(extremeFeatures(kStd, live)).toEqual({ simplest: Uint32Array.of(2, 5, 8, 0, 4), mostComplex: Uint32Array.of(3, 6, 0, 4, 8) });
  });

  it('refuse arrays of different lengths', () => {
    expect(() => extremeFeatures(new Float64Array(3), new Uint8Array(2))).toThrow(InputError);
  });
});
