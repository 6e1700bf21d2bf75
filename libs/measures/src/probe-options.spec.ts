import { InputError } from '@fathom/errors';

import { probeSettings } from './probe-options.js';

describe('the options of a probe', () => {
  it('have the defaults of the measures', () => {
    expect(probeSettings()).toEqual({ folds: 5, alphas: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1], null: true, nullSeed: 0, inSample: true, bits: 16 });
    expect(probeSettings({ folds: undefined, alphas: undefined })).toEqual(probeSettings());
  });

  it.each([2, 0, 3.5, NaN])('refuse %p folds', (folds) => {
    expect(() => probeSettings({ folds })).toThrow(InputError);
    expect(() => probeSettings({ folds })).toThrow('accepted: an integer of at least 3');
  });

  it.each([0, 8, 20, NaN])('refuse %p bits', (bits) => {
    expect(() => probeSettings({ bits: bits as 16 })).toThrow('bits: no fixed point');
    expect(() => probeSettings({ bits: bits as 16 })).toThrow('accepted: 16 or 24');
  });

  it.each([[[]], [[0, 1]], [[-1]], [[NaN]], [[1, Infinity]], [[0.1, 0.01]], [[0.1, 0.1]]])('refuse the ridge strengths %j', (alphas) => {
    expect(() => probeSettings({ alphas })).toThrow('alphas: not a grid of ridge strengths');
  });
});
