import { unwatched } from '@fathom/errors';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import { relativeDifference, sparseMatrix } from './compare.fixture.js';
import { known, type NmfCase } from './known-case.fixture.js';
import { leadingVectors } from './leading-vectors.js';
import { resolveNmfOptions } from './nmf-options.js';
import { nndsvdStart } from './nndsvd.js';
import { PlanedChunks } from './planed-chunks.js';

const planed = (matrix: ArrayLike<number>, n: number, d: number) =>
  PlanedChunks.open(memoryRows('matrix', matrix, n, d), { chunkRows: 8, keptBytes: 1e9, negative: false }, inlineCrew(referenceEngine), unwatched);

const start = async (matrix: ArrayLike<number>, n: number, d: number, atoms: number, seed = 1) =>
  nndsvdStart(await planed(matrix, n, d), resolveNmfOptions({ seed, atoms }), unwatched);

describe('the NNDSVD start', () => {
  it.each(known<NmfCase[]>('nmf.json'))('is that of scikit-learn: $name', async ({ matrix, n, d, atoms, start: theirs }) => {
    const ours = await start(matrix, n, d, atoms);
    expect(relativeDifference(ours.atoms, theirs.atoms)).toBeLessThan(1e-6);
    expect(relativeDifference(ours.codes, theirs.codes)).toBeLessThan(1e-6);
  });

  it('takes seeded atoms with codes 0 beyond the rank', async () => {
    const matrix = Float64Array.from({ length: 24 }, (_, at) => (1 + (at % 4)) * (1 + Math.floor(at / 4))); // rank 1
    const [one, other] = [await start(matrix, 6, 4, 3, 1), await start(matrix, 6, 4, 3, 2)];
    expect([...one.codes].filter((_, at) => at % 3 > 0).every((code) => code === 0)).toBe(true);
    expect(one.atoms.subarray(0, 4)).toEqual(other.atoms.subarray(0, 4));
    expect(one.atoms.subarray(4)).not.toEqual(other.atoms.subarray(4));
    expect([...one.atoms].every((x) => x >= 0 && x < 100)).toBe(true);
    expect(await start(matrix, 6, 4, 3, 1)).toEqual(one);
  });

  it('iterates a subspace to the vectors that the whole Gram matrix has, where there are many channels', async () => {
    const [n, d, narrow] = [30, 300, 200];
    const matrix = sparseMatrix(n * d, 4).map((x, at) => (at % d < narrow ? x * (1 + (at % 7)) * (1 + Math.floor(at / d) ** 2) : 0));
    const options = resolveNmfOptions({ seed: 3 });
    const iterated = await leadingVectors(await planed(matrix, n, d), 3, options, unwatched);
    const cut = Float64Array.from({ length: n * narrow }, (_, at) => matrix[Math.floor(at / narrow) * d + (at % narrow)]!);
    const whole = await leadingVectors(await planed(cut, n, narrow), 3, options, unwatched);
    expect(relativeDifference(iterated.singularValues, whole.singularValues)).toBeLessThan(1e-4);
    for (let j = 0; j < 3; j++)
      expect(relativeDifference(iterated.vectors.subarray(j * d, j * d + narrow), whole.vectors.subarray(j * narrow, (j + 1) * narrow))).toBeLessThan(
        1e-2,
      );
  });
});
