import { inlineCrew, referenceEngine, sharedFloat64 } from '@fathom/exact';
import fc from 'fast-check';
import { bigIntegers } from './big-integers.fixture.js';
import { gaussianMatrix, relativeDifference, sparseMatrix } from './compare.fixture.js';
import { encodeLarge } from './encode-large.js';
import { known, type NnlsCase } from './known-case.fixture.js';
import { gatherGram, largeDictionary, type LargeDictionary } from './large-dictionary.js';
import { NnlsEncoder } from './nnls-encoder.js';
import { innerProducts } from './row-products.js';

const crew = inlineCrew(referenceEngine);

async function prepare(atoms: Float64Array, k: number, d: number, engine = referenceEngine): Promise<LargeDictionary> {
  const ridge = (1e-6 * atoms.reduce((sum, x) => sum + x * x, 0)) / k;
  return largeDictionary(Float64Array.from(atoms), k, d, ridge, inlineCrew(engine));
}

async function encode(dictionary: LargeDictionary, rows: Float64Array, n: number, engine = referenceEngine) {
  const codes = sharedFloat64(n * dictionary.k);
  const worst = await encodeLarge.run({ rows, codes, firstRow: 0, maxSteps: 20 * dictionary.k + 100, dictionary }, engine);
  return { codes, worst };
}

describe('codes for many atoms', () => {
  it.each(known<NnlsCase[]>('nnls.json'))('are those of SciPy on the stacked system: $name', async ({ atoms, k, d, rows, n, codes }) => {
    const ours = await encode(await prepare(Float64Array.from(atoms), k, d), Float64Array.from(rows), n);
    for (let i = 0; i < n; i++)
      expect(relativeDifference(ours.codes.subarray(i * k, (i + 1) * k), codes.slice(i * k, (i + 1) * k))).toBeLessThan(1e-8);
    expect(ours.worst).toBeLessThan(1e-11);
  });

  it('are those of the way for few atoms, with optimality conditions met as if H had all bits', async () => {
    const sizes = fc.record({
      k: fc.integer({ min: 1, max: 60 }),
      d: fc.integer({ min: 1, max: 20 }),
      n: fc.integer({ min: 1, max: 4 }),
      seed: fc.nat(10_000),
      signed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ k, d, n, seed, signed }) => {
        const make = signed ? gaussianMatrix : sparseMatrix;
        const [atoms, rows] = [make(k * d, seed), make(n * d, seed + 1)];
        const { codes, worst } = await encode(await prepare(atoms, k, d), rows, n);
        const few = await (await NnlsEncoder.create(atoms, k, d, crew)).encode(rows, n, crew);
        expect(worst).toBeLessThan(1e-11);
        expect([...codes].every((code) => code >= 0)).toBe(true);
        // The least eigenvalue of H may be as small as the ridge, 1e-6 of an atom's square: what is left of 1e-11 then counts a million times.
        expect(relativeDifference(codes, few.codes)).toBeLessThan(1e-3);
      }),
      { numRuns: 60 },
    );
  });

  it('are the same bits alone and in any batch, and for each engine', async () => {
    const [k, d, n] = [90, 12, 5];
    const [atoms, rows] = [sparseMatrix(k * d, 1), sparseMatrix(n * d, 2)];
    const dictionary = await prepare(atoms, k, d);
    const together = await encode(dictionary, rows, n);
    for (let i = 0; i < n; i++)
      expect((await encode(dictionary, rows.slice(i * d, (i + 1) * d), 1)).codes).toEqual(together.codes.slice(i * k, (i + 1) * k));
    expect(await encode(await prepare(atoms, k, d, bigIntegers), rows, n, bigIntegers)).toEqual(together);
  });

  it('are 0 for a zero row and for a zero atom', async () => {
    const dictionary = await prepare(Float64Array.of(1, 0, 0, 0, 0.6, 0.8), 3, 2);
    const { codes, worst } = await encode(dictionary, Float64Array.of(0, 0, 1, 0.5), 2);
    expect([...codes.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect(codes[4]).toBe(0);
    expect(worst).toBeLessThan(1e-15);
  });

  it('give a row up with its number', async () => {
    const dictionary = await prepare(sparseMatrix(60, 3), 12, 5);
    const input = { rows: sparseMatrix(10, 4), codes: sharedFloat64(24), firstRow: 7, maxSteps: 1, dictionary };
    await expect(encodeLarge.run(input, referenceEngine)).rejects.toMatchObject({ reason: 'INTERNAL', metadata: { row: '7', steps: '1' } });
  });
});

describe('the Gram matrix of many atoms', () => {
  it('has 40 bits, and the ridge on its diagonal', async () => {
    const [k, d] = [1030, 6]; // two tiles
    const atoms = gaussianMatrix(k * d, 4);
    const dictionary = await largeDictionary(atoms, k, d, 0.25, crew);
    const chosen = Int32Array.of(1029, 3, 1023, 1024, 0);
    const out = new Float64Array(25);
    gatherGram(dictionary, chosen, out);
    const own = Float64Array.from([...chosen].flatMap((j) => [...atoms.subarray(j * d, (j + 1) * d)]));
    const expected = new Float64Array(25);
    innerProducts(expected, 0, own, 5, own, 5, d);
    for (let j = 0; j < 5; j++) expected[6 * j] = expected[6 * j]! + 0.25;
    expect(relativeDifference(out, expected)).toBeLessThan(2 ** -36);
  });
});
