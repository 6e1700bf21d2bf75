import { ArtifactStore } from '@fathom/artifacts';
import { fitClassNmf, fitKMeans, fitNmf, NnlsEncoder, randomDirections } from '@fathom/dictionaries';
import { inlineCrew, Prng, referenceEngine } from '@fathom/exact';
import { memoryStore } from '@fathom/store';
import { memoryRows } from '@fathom/tensors';
import { encodeCodes } from './encode-codes.js';
import { fitDictionary } from './fit-dictionary.js';
import { put, runHere, values } from './run-here.fixture.js';

// More classes than one part of the fit holds, more rows than one part of the codes.
const [N, D, C] = [1030, 6, 18];
const artifacts = new ArtifactStore(memoryStore());
const crew = inlineCrew(referenceEngine);
const source = new Prng(3, 'rows');
const data = Float32Array.from({ length: N * D }, () => Math.max(0, source.gaussian()));
const rows = Float64Array.from(data);
const labels = Int32Array.from({ length: N }, (_, i) => (i * 5) % C);
let activations: { contentDigest: string };

beforeAll(async () => {
  const attributes = {
    images: `sha256:${'b'.repeat(64)}`,
    rows: { first: 0, count: N },
    taps: ['last'],
    penultimate: 'last',
    branches: [],
    pooling: 'mean',
    classes: C,
  };
  activations = await put(artifacts, 'activations', attributes, [
    { name: 'last', dtype: 'F32', shape: [N, D], data },
    { name: 'labels', dtype: 'I32', shape: [N], data: labels },
  ]);
});

const request = (method: unknown, seed = 2) => fitDictionary.codec.fromJSON({ activations, seed, ...(method as object) });
const fit = (method: unknown, seed?: number) => runHere(artifacts, fitDictionary, request(method, seed));

describe('the fit of a dictionary', () => {
  it('stacks the classes in order, whatever part they were fitted in', async () => {
    const artifact = await fit({ classNmf: { atomsPerClass: 2 } });
    const whole = await fitClassNmf({ rows, n: N, d: D, labels, classes: C }, { atoms: 2, seed: 2 }, crew);
    expect(await values(artifact, 'D')).toEqual([...whole.atoms]);
    const { fits } = artifact.attributes as { fits: { class: number; rows: number; loss: number }[] };
    expect(fits.map((one) => [one.class, one.rows, one.loss])).toEqual(whole.perClass.map((one) => [one.class, one.rows, one.loss]));
  });

  it('is the NMF of all rows where it is global', async () => {
    const artifact = await fit({ globalNmf: { atoms: 3 } });
    expect(await values(artifact, 'D')).toEqual([...(await fitNmf(rows, N, D, { atoms: 3, seed: 2 }, crew)).atoms]);
  });

  it('has the centres of spherical k-means as atoms', async () => {
    const artifact = await fit({ kMeans: { atoms: 4 } }, 5);
    const { centres, inertia, passes, converged } = await fitKMeans(memoryRows('rows', rows, N, D), { clusters: 4, seed: 5 }, crew);
    expect(await values(artifact, 'D')).toEqual([...centres]);
    expect(artifact.attributes).toMatchObject({ method: 'kMeans', fits: [{ rows: N, inertia, passes, converged }] });
  });

  it.each([
    [0, 'k_means.atoms: is out of range (got 0)'],
    [N + 1, `k_means.atoms: is out of range (got ${N + 1}); accepted: a whole number from 1 to ${N}`],
  ])('refuses %i means', async (atoms, message) => {
    await expect(fit({ kMeans: { atoms } })).rejects.toThrow(message);
  });
});

describe('codes', () => {
  it('are those of the encoder, in parts, with the worst violation of all of them', async () => {
    const atoms = randomDirections(9, D, 1);
    const dictionary = await put(artifacts, 'dictionary', {}, [{ name: 'D', dtype: 'F64', shape: [9, D], data: atoms }]);
    const artifact = await runHere(artifacts, encodeCodes, encodeCodes.codec.fromJSON({ dictionary, activations }));
    const { codes, worstKkt } = await (await NnlsEncoder.create(atoms, 9, D, crew)).encode(rows, N, crew);
    expect(await values(artifact, 'z')).toEqual(Array.from(codes, Math.fround));
    expect(artifact.attributes).toMatchObject({ worst_kkt_residual: worstKkt });
  });
});
