import { thrownBy } from './compare.fixture.js';
import { deadAtoms, sparsity } from './fidelity.js';

describe('fidelity', () => {
  it('counts the codes that are used and the atoms that are not', () => {
    expect(sparsity(Float64Array.of(0, 1, 2, 0, 0, 0), 2, 3)).toBe(1 / 3);
    expect(deadAtoms(Float64Array.of(0, 0, 0, 1e-300, -1, 0, 0, 0), 4, 2)).toBe(2);
  });

  it('refuses arrays of another size', async () => {
    expect(await thrownBy(() => sparsity(new Float64Array(5), 2, 3))).toMatchObject({ reason: 'INVALID_INPUT', field: 'codes' });
    expect(await thrownBy(() => deadAtoms(new Float64Array(5), 2, 3))).toMatchObject({ reason: 'INVALID_INPUT', field: 'atoms' });
  });
});
