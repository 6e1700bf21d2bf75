import { cancelled, FathomError, InputError } from '@fathom/errors';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import fc from 'fast-check';
import { gaussianMatrix, relativeDifference, sparseMatrix, thrownBy } from './compare.fixture.js';
import { decode } from './decode.js';
import { known, type NnlsCase } from './known-case.fixture.js';
import { NnlsEncoder } from './nnls-encoder.js';
import { PassiveSet } from './passive-set.js';
import { innerProducts } from './row-products.js';

const crew = inlineCrew(referenceEngine);
/** Codes and the worst violation of a dictionary's optimality conditions. */
const encode = async (atoms: Float64Array, k: number, d: number, rows: Float64Array, n: number) =>
  (await NnlsEncoder.create(atoms, k, d, crew)).encode(rows, n, crew);

const problems = fc.record({
  k: fc.integer({ min: 1, max: 24 }),
  d: fc.integer({ min: 1, max: 12 }),
  n: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(10_000),
  signed: fc.boolean(),
});

function problem({ k, d, n, seed, signed }: { k: number; d: number; n: number; seed: number; signed: boolean }) {
  const make = signed ? gaussianMatrix : sparseMatrix;
  return { atoms: make(k * d, seed), rows: make(n * d, seed + 1) };
}

describe('NNLS codes', () => {
  it.each(known<NnlsCase[]>('nnls.json'))('are those of SciPy on the stacked system: $name', async ({ atoms, k, d, rows, n, codes }) => {
    const { codes: ours, worstKkt } = await encode(Float64Array.from(atoms), k, d, Float64Array.from(rows), n);
    for (let i = 0; i < n; i++) expect(relativeDifference(ours.subarray(i * k, (i + 1) * k), codes.slice(i * k, (i + 1) * k))).toBeLessThan(1e-8);
    expect(worstKkt).toBeLessThan(1e-14);
  });

  // Coordinate descent made the golden codes and ended when a sweep moved none by more than 1e-13 of the largest; on this
  // dictionary (24 atoms, well conditioned) that leaves it within 1e-11 of the minimum.
  it('are the golden ones', async () => {
    const { atoms, k, d, rows, n, codes } = known<NnlsCase>('planted-codes.json');
    const { codes: ours } = await encode(Float64Array.from(atoms), k, d, Float64Array.from(rows), n);
    expect(relativeDifference(ours, codes)).toBeLessThan(1e-11);
  });

  it('are at least 0 and meet the optimality conditions, for any signs and more atoms than channels', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (sizes) => {
        const { k, d, n } = sizes;
        const { atoms, rows } = problem(sizes);
        const { codes, worstKkt } = await encode(atoms, k, d, rows, n);
        const rest = decode(codes, n, atoms, k, d).map((x, at) => rows[at]! - x);
        const ridge = (1e-6 * atoms.reduce((sum, x) => sum + x * x, 0)) / k;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < k; j++) {
            const code = codes[i * k + j]!;
            let slope = -ridge * code;
            for (let c = 0; c < d; c++) slope += rest[i * d + c]! * atoms[j * d + c]!;
            expect(code).toBeGreaterThanOrEqual(0);
            if (code > 0) expect(Math.abs(slope)).toBeLessThan(1e-10);
            else expect(slope).toBeLessThan(1e-10);
          }
        }
        expect(worstKkt).toBeLessThan(1e-10);
      }),
    );
  });

  it('of a row are the same bits alone and in any batch, whatever was encoded before', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (sizes) => {
        const { k, d, n } = sizes;
        const { atoms, rows } = problem(sizes);
        const encoder = await NnlsEncoder.create(atoms, k, d, crew);
        const together = (await encoder.encode(rows, n, crew)).codes;
        for (let i = n - 1; i >= 0; i--) {
          const row = rows.slice(i * d, (i + 1) * d);
          expect((await encoder.encode(row, 1, { ...crew, hands: 2 })).codes).toEqual(together.slice(i * k, (i + 1) * k));
          expect((await encode(atoms, k, d, row, 1)).codes).toEqual(together.slice(i * k, (i + 1) * k));
        }
      }),
    );
  });

  it('have the bits of one solve on the atoms in use, taken in index order, whatever way the search went', async () => {
    await fc.assert(
      fc.asyncProperty(problems, async (sizes) => {
        const { k, d } = sizes;
        const { atoms, rows } = problem({ ...sizes, n: 1 });
        const { codes } = await encode(atoms, k, d, rows, 1);
        const h = new Float64Array(k * k);
        innerProducts(h, 0, atoms, k, atoms, k, d);
        const ridge = (1e-6 * Array.from({ length: k }, (_, j) => h[j * k + j]!).reduce((sum, x) => sum + x, 0)) / k;
        for (let j = 0; j < k; j++) h[j * k + j] = h[j * k + j]! + ridge;
        const b = new Float64Array(k);
        innerProducts(b, 0, rows, 1, atoms, k, d);
        const set = new PassiveSet().over(h, b, k);
        const used = [...codes.keys()].filter((j) => codes[j]! > 0);
        for (const atom of used) set.add(atom);
        const solution = new Float64Array(k);
        set.solve(solution);
        expect(used.map((j) => codes[j])).toEqual([...solution.subarray(0, used.length)]);
      }),
    );
  });

  it('are 0 for a zero row, for a zero atom, and for a row that no atom points to', async () => {
    const { codes } = await encode(Float64Array.of(1, 0, 0, 0, 0.6, 0.8), 3, 2, Float64Array.of(0, 0, -1, -1, 1, 0.5), 3);
    expect([...codes.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(codes[7]).toBe(0);
    expect(codes[6]).toBeGreaterThan(0);
    expect([...(await encode(new Float64Array(4), 2, 2, Float64Array.of(1, 2), 1)).codes]).toEqual([0, 0]);
  });

  it('are shared evenly by equal atoms', async () => {
    const { codes } = await encode(Float64Array.of(0.6, 0.8, 0.6, 0.8), 2, 2, Float64Array.of(3, 4), 1);
    expect(codes[0]).toBeCloseTo(2.5, 5);
    expect(Math.abs(codes[0]! - codes[1]!)).toBeLessThan(1e-8);
  });
});

describe('the encoder', () => {
  const atoms = sparseMatrix(40, 2);
  it('gives a row up with its name rather than search for ever', async () => {
    const encoder = await NnlsEncoder.create(atoms, 8, 5, crew, { maxSteps: 1 });
    const rows = new Float64Array(15);
    rows.set(
      atoms.subarray(0, 5).map((x, c) => x + 0.5 * atoms[5 + c]! + 0.3 * atoms[10 + c]!),
      10,
    );
    const error = await thrownBy(() => encoder.encode(rows, 3, crew));
    expect(error).toBeInstanceOf(FathomError);
    expect(error).toMatchObject({ reason: 'INTERNAL', metadata: { row: '2', steps: '1' } });
  });

  it('tells how many rows are done, and stops when told to', async () => {
    const seen: number[] = [];
    const control = { throwIfCancelled: () => undefined, progress: (done: number) => seen.push(done) };
    const encoder = await NnlsEncoder.create(atoms, 8, 5, crew);
    await encoder.encode(sparseMatrix(300 * 5, 1), 300, crew, control);
    expect(seen).toEqual([0, 256, 300]);
    const stop = {
      progress: () => undefined,
      throwIfCancelled: () => {
        throw cancelled();
      },
    };
    expect(await thrownBy(() => encoder.encode(sparseMatrix(15, 1), 3, crew, stop))).toMatchObject({ reason: 'CANCELLED' });
  });

  it.each([
    ['a dictionary of another size', () => NnlsEncoder.create(atoms, 8, 6, crew), 'atoms: wrong number of values (got 40); accepted: 8 × 6 values'],
    ['NaN in the dictionary', () => NnlsEncoder.create(atoms.with(7, NaN), 8, 5, crew), 'atoms[row 1, column 2]: not a finite number'],
    ['a dictionary without atoms', () => NnlsEncoder.create(new Float64Array(0), 0, 5, crew), 'atoms: not a possible number (got 0)'],
    ['too many atoms', () => NnlsEncoder.create(new Float64Array(16_385), 16_385, 1, crew), 'accepted: an integer from 1 to 16384'],
    ['atoms that are too long', () => NnlsEncoder.create(Float64Array.of(1e200), 1, 1, crew), 'atoms: values too large'],
    ['rows of another size', () => encode(atoms, 8, 5, new Float64Array(9), 2), 'activations: wrong number of values (got 9)'],
    ['no rows', () => encode(atoms, 8, 5, new Float64Array(0), 0), 'rows of activations: not a possible number (got 0)'],
    ['infinity in a row', () => encode(atoms, 8, 5, sparseMatrix(10, 1).with(6, -Infinity), 2), 'activations[row 1, column 1]: not a finite number'],
    ['a number without digits', () => encode(atoms, 8, 5, sparseMatrix(10, 1).with(7, -(2 ** 891)), 2), 'activations[row 1, column 2]: too large'],
    [
      'a row that is too long',
      () => encode(Float64Array.of(1e150, 1e150), 1, 2, Float64Array.of(1, 1, 1e200, 1e200), 2),
      'activations[row 1]: values too large',
    ],
  ])('refuses %s', async (_name, call, message) => {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});
