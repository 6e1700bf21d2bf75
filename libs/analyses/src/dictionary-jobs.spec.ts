import { ArtifactStore } from '@fathom/artifacts';
import { fitClasses, fitKMeans, fitNmf, NnlsEncoder, randomDirections } from '@fathom/dictionaries';
import { inlineCrew, Prng, referenceEngine } from '@fathom/exact';
import { memoryStore } from '@fathom/store';
import { memoryRows } from '@fathom/tensors';
import { encodeCodes } from './encode-codes.js';
import { fitDictionary } from './fit-dictionary.js';
import { jobContext } from './jobs.js';
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

const described = {
  images: `sha256:${'b'.repeat(64)}`,
  rows: { first: 0, count: N },
  taps: ['last'],
  penultimate: 'last',
  branches: [],
  pooling: 'mean',
  classes: C,
};

beforeAll(async () => {
  activations = await put(artifacts, 'activations', described, [
    { name: 'last', dtype: 'F32', shape: [N, D], data },
    { name: 'labels', dtype: 'I32', shape: [N], data: labels },
  ]);
});

const request = (method: unknown, seed = 2) => fitDictionary.codec.fromJSON({ activations, seed, ...(method as object) });
const fit = (method: unknown, seed?: number) => runHere(artifacts, fitDictionary, request(method, seed));

describe('the fit of a dictionary', () => {
  it('stacks the classes in order, whatever part they were fitted in', async () => {
    const artifact = await fit({ classNmf: { atomsPerClass: 2 } });
    const whole = await fitClasses(memoryRows('rows', rows, N, D), labels, { from: 0, to: C }, { atoms: 2, seed: 2 }, crew);
    expect(await values(artifact, 'D')).toEqual(whole.flatMap(({ atoms }) => [...atoms]));
    const { fits } = artifact.attributes as { fits: { class: number; rows: number; loss: number }[] };
    expect(fits.map((one) => [one.class, one.rows, one.loss])).toEqual(whole.map((one) => [one.class, one.rows.length, one.loss]));
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

  it('keeps the atoms of all rows out of the JSON of its part, which a large dictionary would not fit in', async () => {
    const atoms = 2500;
    const context = jobContext(artifacts, crew);
    const asked = request({ randomDirections: { atoms } });
    const parts = await fitDictionary.plan(asked, context);
    const results = await Promise.all(parts.map((part) => fitDictionary.runPart(asked, part, context)));
    expect(JSON.stringify(results).length).toBeLessThan(atoms * D);
    expect(await values(await fit({ randomDirections: { atoms } }), 'D')).toEqual([...randomDirections(atoms, D, 2)]);
  });

  it('has fewer classes a part where their atoms are many, and refuses those of one class that are too many', async () => {
    const [classes, width] = [16, 20_000];
    const attributes = { ...described, rows: { first: 0, count: 1 }, classes };
    const wide = await put(artifacts, 'activations', attributes, [
      { name: 'last', dtype: 'F32', shape: [1, width], data: new Float32Array(width) },
      { name: 'labels', dtype: 'I32', shape: [1], data: Int32Array.of(0) },
    ]);
    const plan = (atomsPerClass: number) =>
      fitDictionary.plan(request({ activations: wide, classNmf: { atomsPerClass } }), jobContext(artifacts, crew));
    expect([await plan(10), await plan(838)].map(({ length }) => length)).toEqual([8, 16]);
    await expect(plan(839)).rejects.toThrow('class_nmf.atoms_per_class: is out of range (got 839); accepted: a whole number from 1 to 838');
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
