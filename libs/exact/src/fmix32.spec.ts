import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { fmix32, foldOf, smallestHashes } from './fmix32.js';
import { random } from './random.fixture.js';

describe('the hash of an index', () => {
  it("is MurmurHash3's finaliser", () => {
    expect([0, 1, 2, 3, 1000, 2 ** 31, 2 ** 32 - 1].map(fmix32)).toEqual(random.fmix32);
  });

  it('gives a row its fold whatever the other rows are, and fills folds evenly', () => {
    const counts = [0, 0, 0, 0, 0];
    for (let row = 0; row < 10_000; row += 1) counts[foldOf(row, 5)]! += 1;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});

describe('the features with the smallest hashes', () => {
  it('are those, in index order', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(100), (count, most) => {
        const all = Array.from({ length: count }, (_, index) => index);
        const expected = all.sort((a, b) => fmix32(a) - fmix32(b)).slice(0, most);
        expect([...smallestHashes(count, most)]).toEqual(expected.sort((a, b) => a - b));
      }),
    );
  });

  it('refuses what is no count', () => {
    expect(() => smallestHashes(-1, 3)).toThrow(InputError);
    expect(() => smallestHashes(3, 1.5)).toThrow('most: not a count (got 1.5)');
  });
});
