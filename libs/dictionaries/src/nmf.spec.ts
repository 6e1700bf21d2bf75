import { cancelled, InputError } from '@fathom/errors';
import { fixedPoint, inlineCrew, referenceEngine } from '@fathom/exact';
import { memoryRows, rowSource } from '@fathom/tensors';
import fc from 'fast-check';
import { bigIntegers } from './big-integers.fixture.js';
import { sparseMatrix, thrownBy } from './compare.fixture.js';
import { decode } from './decode.js';
import { extrapolatedHals } from './extrapolated-hals.fixture.js';
import { known, type NmfCase } from './known-case.fixture.js';
import { fitNmf, fitNmfStreamed } from './nmf.js';

const crew = inlineCrew(referenceEngine);

const shapes = fc.record({
  n: fc.integer({ min: 1, max: 14 }),
  d: fc.integer({ min: 1, max: 9 }),
  atoms: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(1000),
});

/** Rows as they are read, in 16-bit fixed point, uncentred; or their high bytes. */
function rounded(rows: Float64Array, d: number, isHigh = false): Float64Array {
  const column = (c: number) => rows.filter((_, at) => at % d === c);
  const max = Array.from({ length: d }, (_, c) => Math.max(...column(c)));
  const { scale } = fixedPoint({ min: max.map(() => 0), max }, { centred: false });
  return rows.map((x, at) => {
    const whole = Math.floor(x * scale[at % d]!);
    const rest = x * scale[at % d]! - whole;
    const integer = whole + (rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? 1 : 0);
    return (isHigh ? 256 * Math.floor((integer + 128) / 256) : integer) / scale[at % d]!;
  });
}

describe('NMF from the start that scikit-learn makes', () => {
  it.each(known<NmfCase[]>('nmf.json'))(
    'has the loss of the procedure after every number of sweeps: $name',
    async ({ matrix, n, d, atoms, start }) => {
      const square = (values: number[], columns: number) =>
        Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns));
      const begin = { codes: square(start.codes, atoms), atoms: square(start.atoms, d) };
      const values = Float64Array.from(matrix);
      const [whole, high] = [false, true].map((isHigh) => square([...rounded(values, d, isHigh)], d)) as [number[][], number[][]];
      const losses = extrapolatedHals({ whole, high }, begin, 20);
      const fit = await fitNmf(values, n, d, { seed: 1, atoms, tolerance: 0, maxSweeps: 20 }, crew);
      expect(fit.sweeps).toBe(20);
      expect(fit.losses).toHaveLength(losses.length);
      expect(losses.length).toBeLessThan(20);
      fit.losses.forEach((loss, sweep) => expect(Math.abs(loss / losses[sweep]! - 1)).toBeLessThan(1e-3)); // 16 bits, where a sweep is no plain one
    },
  );

  it.each(known<NmfCase[]>('nmf.json'))(
    'needs no more sweeps than coordinate descent, and ends as low: $name',
    async ({ matrix, n, d, atoms, lossAfter, bestLoss }) => {
      const rows = Float64Array.from(matrix);
      for (const [maxSweeps, loss] of lossAfter) {
        const fit = await fitNmf(rows, n, d, { seed: 1, atoms, tolerance: 0, maxSweeps }, crew);
        expect(fit.loss).toBeLessThanOrEqual(loss * (1 + 1e-5));
        expect(fit).toMatchObject({ sweeps: maxSweeps, converged: false });
      }
      const best = await fitNmf(rows, n, d, { seed: 1, atoms, tolerance: 1e-9, maxSweeps: 20_000 }, crew);
      expect(best.loss).toBeLessThanOrEqual(1.001 * bestLoss);
      expect(best.converged).toBe(true);
    },
  );
});

describe('an NMF', () => {
  it('has unit atoms (or zero ones, which are counted), nothing negative, and the loss that it says', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ n, d, atoms: r, seed }) => {
        const rows = sparseMatrix(n * d, seed);
        const fit = await fitNmf(rows, n, d, { seed, atoms: r }, crew);
        const lengths = Array.from({ length: r }, (_, j) => Math.sqrt(fit.atoms.subarray(j * d, (j + 1) * d).reduce((sum, x) => sum + x * x, 0)));
        expect(lengths.every((length) => length === 0 || Math.abs(length - 1) < 1e-12)).toBe(true);
        expect(lengths.filter((length) => length === 0)).toHaveLength(fit.deadAtoms);
        expect([...fit.atoms, ...fit.codes].every((x) => x >= 0 && x < 1e6)).toBe(true);
        const read = rounded(rows, d);
        const energy = read.reduce((sum, x) => sum + x * x, 0);
        const loss = decode(fit.codes, n, fit.atoms, r, d).reduce((sum, x, at) => sum + (x - read[at]!) ** 2, 0);
        expect(Math.abs(loss - fit.loss)).toBeLessThan(1e-12 * Math.max(1, energy));
        expect(fit.losses.at(-1)).toBe(fit.loss);
        if (energy > 0) expect(Math.abs(fit.relativeLoss - fit.loss / energy)).toBeLessThan(1e-12);
      }),
    );
  });

  it('never has a larger loss after one more sweep, and stops only after a sweep that gains less than the tolerance', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ n, d, atoms, seed }) => {
        const { losses, converged } = await fitNmf(sparseMatrix(n * d, seed), n, d, { seed, atoms, tolerance: 0.01 }, crew);
        const falls = losses.slice(1).map((loss, at) => (losses[at]! - loss) / losses[at]!);
        expect(falls.every((fall) => fall >= 0)).toBe(true);
        if (converged && losses.at(-1)! > 0) expect(falls.at(-1)).toBeLessThan(0.01);
      }),
    );
  });

  it('reads whole rows in its last sweep, however few there may be, and has a loss that says so', async () => {
    const [n, d] = [60, 9];
    const rows = sparseMatrix(n * d, 6);
    const energy = rounded(rows, d).reduce((sum, x) => sum + x * x, 0);
    for (const maxSweeps of [1, 2, 3, 5]) {
      const fit = await fitNmf(rows, n, d, { seed: 1, atoms: 2, maxSweeps, tolerance: 0 }, crew);
      expect(fit.sweeps).toBe(maxSweeps);
      expect(fit.losses).toEqual([fit.loss]);
      expect(fit.relativeLoss).toBeCloseTo(fit.loss / energy, 12);
    }
  });

  it('is as good where low bytes alone tell most values apart: beside one value in each column that is 1,000 times as large', async () => {
    const [n, d] = [200, 8];
    const rows = sparseMatrix(n * d, 9);
    for (let c = 0; c < d; c++) rows[(c * 11 + 3) * d + c] = 1000;
    const fit = await fitNmf(rows, n, d, { seed: 1, atoms: 8, tolerance: 1e-7, maxSweeps: 2000 }, crew);
    expect(fit.deadAtoms).toBe(0);
    expect(fit.relativeLoss).toBeLessThan(1e-6);
  });

  it.each([[9], [300]])('has the same bits for any number of rows in a block, with %i channels', async (d) => {
    const n = 21;
    const rows = sparseMatrix(n * d, 7);
    const whole = await fitNmf(rows, n, d, { seed: 2, atoms: 4, maxSweeps: 20 }, crew);
    for (const [blockRows, keptBytes] of [
      [1, 1e9],
      [3, 0],
      [8, 8 * d * 4],
      [20, 0],
    ] as const)
      expect(await fitNmfStreamed(memoryRows('a', rows, n, d), { seed: 2, atoms: 4, maxSweeps: 20, blockRows, keptBytes }, crew)).toEqual(whole);
  });

  it('has the same bits for any number of hands, and for each engine', async () => {
    const [n, d] = [40, 12];
    const rows = sparseMatrix(n * d, 8);
    const options = { seed: 2, atoms: 5, maxSweeps: 30, blockRows: 7 };
    const whole = await fitNmf(rows, n, d, options, crew);
    expect(await fitNmf(rows, n, d, options, { ...crew, hands: 3 })).toEqual(whole);
    expect(await fitNmf(rows, n, d, options, inlineCrew(bigIntegers))).toEqual(whole);
    expect(await fitNmf(Float64Array.from(rows), n, d, { ...options, keptBytes: 0 }, { ...crew, hands: 2 })).toEqual(whole);
  });

  it('of a column of 1e30 beside one of 1e-30, and of an atom for each, is exact', async () => {
    const rows = Float64Array.of(1e30, 0, 0, 3e-30, 2e30, 0, 0, 1e-30);
    const fit = await fitNmf(rows, 4, 2, { seed: 1, atoms: 2 }, crew);
    expect(fit.relativeLoss).toBeLessThan(1e-9);
    expect([...fit.atoms.subarray(0, 2)]).toEqual([1, 0]);
  });

  it('takes denormal numbers for zeros', async () => {
    const fit = await fitNmf(Float64Array.of(5e-324, 0, 1, 2), 2, 2, { seed: 1, atoms: 1 }, crew);
    expect(fit.relativeLoss).toBeLessThan(1e-9);
    expect(fit.codes[0]).toBe(0);
  });

  it('leaves the rows as they were', async () => {
    const rows = sparseMatrix(40, 1);
    const before = rows.slice();
    await fitNmf(rows, 10, 4, { seed: 1, atoms: 2 }, crew);
    expect(rows).toEqual(before);
  });

  it('of a zero matrix has zero atoms and no loss', async () => {
    const fit = await fitNmf(new Float64Array(12), 4, 3, { seed: 1, atoms: 2 }, crew);
    expect(fit).toMatchObject({ loss: 0, relativeLoss: 0, sweeps: 1, converged: true, deadAtoms: 2 });
    expect([...fit.atoms, ...fit.codes].every((x) => x === 0)).toBe(true);
  });

  it('with more atoms than rows reproduces them', async () => {
    const rows = sparseMatrix(3 * 8, 5, 0);
    const fit = await fitNmf(rows, 3, 8, { seed: 1, atoms: 6, tolerance: 1e-9, maxSweeps: 5000 }, crew);
    expect(fit.relativeLoss).toBeLessThan(1e-6);
  });

  it('does not change with the seed unless there are atoms beyond the rank', async () => {
    const rows = sparseMatrix(60, 3);
    expect(await fitNmf(rows, 10, 6, { seed: 1, atoms: 4 }, crew)).toEqual(await fitNmf(rows, 10, 6, { seed: 2, atoms: 4 }, crew));
    const [one, two] = [await fitNmf(rows, 10, 6, { seed: 1, atoms: 9 }, crew), await fitNmf(rows, 10, 6, { seed: 2, atoms: 9 }, crew)];
    expect(one.atoms).not.toEqual(two.atoms);
    expect(await fitNmf(rows, 10, 6, { seed: 1, atoms: 9 }, crew)).toEqual(one);
    expect((await fitNmf(rows, 10, 6, { seed: 1, atoms: 9, stream: 'other' }, crew)).atoms).not.toEqual(one.atoms);
  });

  it('tells how many sweeps are done, and stops when told to', async () => {
    const seen: number[] = [];
    const rows = sparseMatrix(60, 3);
    await fitNmf(rows, 10, 6, { seed: 1, atoms: 2, tolerance: 0, maxSweeps: 3 }, crew, {
      throwIfCancelled: () => undefined,
      progress: (done, total) => seen.push(done, total),
    });
    expect(seen).toEqual([1, 3, 2, 3, 3, 3]);
    const control = {
      progress: () => undefined,
      throwIfCancelled: () => {
        throw cancelled();
      },
    };
    expect(await thrownBy(() => fitNmf(rows, 10, 6, { seed: 1 }, crew, control))).toMatchObject({ reason: 'CANCELLED' });
  });
});

describe('NMF refuses', () => {
  const changed = (at: number, value: number) => sparseMatrix(12, 1).with(at, value);
  it.each([
    ['a negative entry', () => fitNmf(changed(7, -0.5), 4, 3, { seed: 1 }, crew), 'activations[row 2, column 1]: negative (got -0.5)'],
    ['NaN', () => fitNmf(changed(3, NaN), 4, 3, { seed: 1 }, crew), 'activations[row 1, column 0]: not a finite number (got "NaN")'],
    ['infinity', () => fitNmf(changed(11, Infinity), 4, 3, { seed: 1 }, crew), 'activations[row 3, column 2]: not a finite number'],
    [
      'a bad entry of a later block',
      () => fitNmfStreamed(memoryRows('acts', changed(11, -1), 4, 3), { seed: 1, blockRows: 2 }, crew),
      'acts[row 3, column 2]: negative (got -1)',
    ],
    [
      'more columns than one product takes',
      () => fitNmf(new Float64Array(32_769), 1, 32_769, { seed: 1 }, crew),
      'columns of activations: not a possible number',
    ],
    ['a share of memory that is none', () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: 1, keptBytes: NaN }, crew), 'keptBytes: out of range'],
    [
      'values whose squares overflow',
      () => fitNmf(changed(0, 1e200), 4, 3, { seed: 1 }, crew),
      'activations: values too large (got 1e+200); accepted: values below 1e150 in size',
    ],
    ['no rows', () => fitNmf(new Float64Array(0), 0, 3, { seed: 1 }, crew), 'rows of activations: not a possible number (got 0)'],
    [
      'an empty source',
      () =>
        fitNmfStreamed(
          rowSource({ name: 'acts', rows: 0, columns: 3, precision: 'F64' }, () => Promise.reject(new Error('read'))),
          { seed: 1 },
          crew,
        ),
      'rows of acts: not a possible number (got 0)',
    ],
    ['no columns', () => fitNmf(new Float64Array(0), 3, 0, { seed: 1 }, crew), 'columns of activations: not a possible number (got 0)'],
    [
      'a wrong size',
      () => fitNmf(new Float64Array(5), 2, 3, { seed: 1 }, crew),
      'activations: wrong number of values (got 5); accepted: 2 × 3 values',
    ],
    [
      'no atoms',
      () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: 1, atoms: 0 }, crew),
      'atoms: not a possible number (got 0); accepted: an integer from 1 to 65536',
    ],
    ['too many atoms', () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: 1, atoms: 65_537 }, crew), 'atoms: not a possible number (got 65537)'],
    ['half an atom', () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: 1, atoms: 1.5 }, crew), 'atoms: not a possible number (got 1.5)'],
    ['a negative tolerance', () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: 1, tolerance: -1 }, crew), 'tolerance: out of range (got -1)'],
    ['no sweeps', () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: 1, maxSweeps: 0 }, crew), 'maxSweeps: not a possible number (got 0)'],
    ['empty blocks', () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: 1, blockRows: 0 }, crew), 'blockRows: not a possible number (got 0)'],
    ['a seed that is none', () => fitNmf(sparseMatrix(12, 1), 4, 3, { seed: -1 }, crew), 'seed: not a seed (got -1)'],
  ])('%s', async (_name, call, message) => {
    const error = await thrownBy(call);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });
});
