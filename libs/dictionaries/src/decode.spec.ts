import { thrownBy } from './compare.fixture.js';
import { decode } from './decode.js';

describe('decoding', () => {
  it('multiplies codes with atoms', () => {
    expect([...decode(Float64Array.of(1, 0, 2, 3), 2, Float64Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 2, 3, 14, 19, 24]);
  });

  it('refuses arrays of another size', async () => {
    expect(await thrownBy(() => decode(new Float64Array(3), 2, new Float64Array(6), 2, 3))).toMatchObject({
      reason: 'INVALID_INPUT',
      field: 'codes',
    });
    expect(await thrownBy(() => decode(new Float64Array(4), 2, new Float64Array(5), 2, 3))).toMatchObject({
      reason: 'INVALID_INPUT',
      field: 'atoms',
    });
  });
});
