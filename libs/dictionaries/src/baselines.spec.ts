import { inlineCrew, referenceEngine } from '@fathom/exact';
import { neuronBasis, randomDirections } from './baselines.js';
import { relativeDifference, sparseMatrix, thrownBy } from './compare.fixture.js';
import { NnlsEncoder } from './nnls-encoder.js';

describe('the neuron basis', () => {
  it('codes non-negative rows by themselves, but for the ridge', async () => {
    const rows = sparseMatrix(40, 1);
    const crew = inlineCrew(referenceEngine);
    const { codes } = await (await NnlsEncoder.create(neuronBasis(8), 8, 8, crew)).encode(rows, 5, crew);
    const expected = rows.map((x) => x / (1 + 1e-6));
    expect(relativeDifference(codes, expected)).toBeLessThan(1e-15);
  });
});

describe('random directions', () => {
  it('have unit length and either sign, and hang on the seed alone', () => {
    const atoms = randomDirections(200, 7, 3);
    for (let j = 0; j < 200; j++) expect(atoms.subarray(j * 7, (j + 1) * 7).reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 12);
    const negative = atoms.filter((x) => x < 0).length / atoms.length;
    expect(Math.abs(negative - 0.5)).toBeLessThan(0.05);
    expect(randomDirections(200, 7, 3)).toEqual(atoms);
    expect(randomDirections(200, 7, 4)).not.toEqual(atoms);
  });

  it('are not drawn for impossible sizes or seeds', async () => {
    expect(await thrownBy(() => randomDirections(0, 7, 3))).toMatchObject({ reason: 'INVALID_INPUT', field: 'k' });
    expect(await thrownBy(() => randomDirections(2, 0, 3))).toMatchObject({ reason: 'INVALID_INPUT', field: 'd' });
    expect(await thrownBy(() => randomDirections(2, 7, -3))).toMatchObject({ reason: 'INVALID_INPUT', field: 'seed' });
    expect(await thrownBy(() => neuronBasis(0))).toMatchObject({ reason: 'INVALID_INPUT', field: 'd' });
  });
});
