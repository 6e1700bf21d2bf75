import { cancelled, InputError } from '@fathom/errors';
import { inlineCrew, Prng, referenceEngine } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';
import { bigIntegers } from './big-integers.fixture.js';
import { gaussianMatrix, relativeDifference, sparseMatrix, thrownBy } from './compare.fixture.js';
import { fitKMeans, type KMeansOptions } from './k-means.js';
import { known } from './known-case.fixture.js';

const crew = inlineCrew(referenceEngine);
const fit = (rows: Float64Array, n: number, d: number, options: KMeansOptions) => fitKMeans(memoryRows('rows', rows, n, d), options, crew);

/** Rows around centres that are far apart, in a random order. */
function blobs(n: number, d: number, groups: number, seed: number): { rows: Float64Array; group: number[] } {
  const random = new Prng(seed);
  const group = Array.from({ length: n }, (_, i) => (i < groups ? i : Math.floor(random.uniform() * groups)));
  const noise = gaussianMatrix(n * d, seed + 1);
  const rows = noise.map((x, at) => 0.01 * x + (at % d === group[Math.floor(at / d)]! ? 1 : 0));
  return { rows, group };
}

function squaredDistance(rows: Float64Array, i: number, centres: Float64Array, j: number, d: number): number {
  let sum = 0;
  for (let c = 0; c < d; c++) sum += (rows[i * d + c]! - centres[j * d + c]!) ** 2;
  return sum;
}

describe('k-means', () => {
  it.each([true, false])('finds groups that are far apart (spherical: %s)', async (spherical) => {
    const { rows, group } = blobs(60, 6, 5, 3);
    const { assignment, converged, centres } = await fit(rows, 60, 6, { clusters: 5, seed: 1, spherical });
    expect(converged).toBe(true);
    const names = new Map<number, number>();
    group.forEach((own, row) => expect(names.get(own) ?? (names.set(own, assignment[row]!), assignment[row])).toBe(assignment[row]));
    expect(new Set(names.values()).size).toBe(5);
    if (spherical) for (let j = 0; j < 5; j++) expect(Math.hypot(...centres.subarray(j * 6, (j + 1) * 6))).toBeCloseTo(1, 12);
  });

  it.each(known<KMeansCase[]>('k-means.json'))(
    'finds the centres that scikit-learn finds: $name',
    async ({ rows, n, d, clusters, inertia, centres }) => {
      const ours = await fit(Float64Array.from(rows), n, d, { clusters, seed: 1, spherical: false });
      expect(ours.converged).toBe(true);
      expect(Math.abs(ours.inertia / inertia - 1)).toBeLessThan(1e-12); // whole numbers: nothing is rounded
      const rowsOf = Array.from({ length: clusters }, (_, j) => [...ours.centres.subarray(j * d, (j + 1) * d)]).sort((x, y) => x[0]! - y[0]!);
      expect(relativeDifference(rowsOf.flat(), centres)).toBeLessThan(1e-12);
    },
  );

  it('gives each row its nearest centre, centres that are the means of their rows, and the inertia of both', async () => {
    const sizes = fc.record({ n: fc.integer({ min: 1, max: 25 }), d: fc.integer({ min: 1, max: 6 }), share: fc.nat(1000), seed: fc.nat(1000) });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ n, d, share, seed }) => {
        const clusters = 1 + (share % n);
        const rows = gaussianMatrix(n * d, seed);
        const { assignment, centres, inertia, converged } = await fit(rows, n, d, { clusters, seed, spherical: false });
        expect(converged).toBe(true);
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const own = squaredDistance(rows, i, centres, assignment[i]!, d);
          for (let j = 0; j < clusters; j++) expect(own).toBeLessThanOrEqual(squaredDistance(rows, i, centres, j, d) + 1e-3);
          sum += own;
        }
        expect(Math.abs(sum - inertia)).toBeLessThan(1e-3 * n);
        for (let j = 0; j < clusters; j++) {
          const members = [...assignment.keys()].filter((i) => assignment[i] === j);
          if (members.length === 0) continue;
          for (let c = 0; c < d; c++)
            expect(Math.abs(centres[j * d + c]! - members.reduce((total, i) => total + rows[i * d + c]!, 0) / members.length)).toBeLessThan(1e-3);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has the same bits for any blocks, kept bytes, hands and engine', async () => {
    const [n, d] = [40, 7];
    const rows = gaussianMatrix(n * d, 5);
    const options = { clusters: 6, seed: 2 };
    const whole = await fit(rows, n, d, options);
    for (const [blockRows, keptBytes, hands] of [
      [1, 1e9, 1],
      [7, 0, 2],
      [16, 16 * d * 4, 3],
    ] as const)
      expect(await fitKMeans(memoryRows('rows', rows, n, d), { ...options, blockRows, keptBytes }, { ...crew, hands })).toEqual(whole);
    expect(await fitKMeans(memoryRows('rows', rows, n, d), options, inlineCrew(bigIntegers))).toEqual(whole);
    expect(await fit(rows, n, d, { ...options, seed: 3 })).not.toEqual(whole);
  });

  it('gives a row that is as near to two centres to the first', async () => {
    const { assignment } = await fit(Float64Array.of(0, 0, 0, 0), 4, 1, { clusters: 3, seed: 1, spherical: false });
    expect([...assignment]).toEqual([0, 0, 0, 0]);
  });

  it('lets no centre stay without rows while a row is away from its own', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const rows = sparseMatrix(12 * 2, seed, 0);
      const { assignment } = await fit(rows, 12, 2, { clusters: 9, seed, spherical: false });
      expect(new Set(assignment).size).toBe(9);
    }
  });

  it('knows no difference between rows of one direction where it is spherical', async () => {
    const { rows } = blobs(30, 4, 3, 7);
    const scaled = rows.map((x, at) => x * 2 ** (Math.floor(at / 4) % 40));
    expect(await fit(scaled, 30, 4, { clusters: 3, seed: 1 })).toEqual(await fit(rows, 30, 4, { clusters: 3, seed: 1 }));
    expect((await fit(Float64Array.of(0, 0, 1, 0, 0, 1), 3, 2, { clusters: 2, seed: 1 })).converged).toBe(true);
  });

  it('tells how many passes are done, and stops when told to or when they run out', async () => {
    const rows = gaussianMatrix(60, 1);
    const seen: number[] = [];
    const watch = { throwIfCancelled: () => undefined, progress: (done: number) => seen.push(done) };
    const cut = await fitKMeans(memoryRows('rows', rows, 30, 2), { clusters: 7, seed: 1, maxPasses: 2 }, crew, watch);
    expect(cut).toMatchObject({ passes: 2, converged: false });
    expect(seen).toEqual([1, 2]);
    const stop = {
      progress: () => undefined,
      throwIfCancelled: () => {
        throw cancelled();
      },
    };
    expect(await thrownBy(() => fitKMeans(memoryRows('rows', rows, 30, 2), { clusters: 2, seed: 1 }, crew, stop))).toMatchObject({
      reason: 'CANCELLED',
    });
  });

  it.each([
    ['no clusters', { clusters: 0 }, 'clusters: not a possible number (got 0); accepted: an integer from 1 to 4'],
    ['more clusters than rows', { clusters: 5 }, 'clusters: not a possible number (got 5)'],
    ['a seed that is none', { seed: -1 }, 'seed: not a seed (got -1)'],
    ['no passes', { maxPasses: 0 }, 'maxPasses: not a possible number (got 0)'],
    ['empty blocks', { blockRows: 0 }, 'blockRows: not a possible number (got 0)'],
    ['a share of memory that is none', { keptBytes: -1 }, 'keptBytes: out of range (got -1)'],
  ])('refuses %s', async (_name, wrong, message) => {
    const error = await thrownBy(() => fit(sparseMatrix(12, 1), 4, 3, { clusters: 2, seed: 1, ...wrong }));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  it.each([true, false])('refuses NaN by its row and column (spherical: %s)', async (spherical) => {
    const error = await thrownBy(() => fit(sparseMatrix(12, 1).with(7, NaN), 4, 3, { clusters: 2, seed: 1, spherical }));
    expect((error as Error).message).toContain('rows[row 2, column 1]: not a finite number');
  });
});

interface KMeansCase {
  name: string;
  rows: number[];
  n: number;
  d: number;
  clusters: number;
  inertia: number;
  centres: number[];
}
