import { InputError } from '@fathom/errors';
import fc from 'fast-check';

import { blockedCholesky } from './blocked-cholesky.js';
import { bigintEngine } from './bigint-engine.fixture.js';
import { ownStorage, storageIn } from './digit-scale.js';
import { plainGram, plainProduct, randomMatrix, transposed } from './random-matrix.fixture.js';
import { referenceEngine } from './reference-engine.js';
import { solverBytes, solveTriangular, triangularSolver, type SolverOptions } from './triangular-solver.js';

/** A lower triangle whose values above the diagonal are 0. */
async function lowerTriangle(seed: number, size: number): Promise<Float64Array> {
  const matrix = plainGram(randomMatrix(seed, 2 * size + 3, size), 2 * size + 3, size);
  await blockedCholesky(matrix, size, referenceEngine);
  return matrix;
}

const cut = { digits: 4 };
const inMemory = (size: number): SolverOptions['storage'] => [
  storageIn(new Uint8Array(solverBytes(size))),
  storageIn(new Uint8Array(solverBytes(size))),
];

/** The largest difference from what the solution times the matrix should be, relative to the largest of that. */
function remains(matrix: Float64Array, size: number, x: Float64Array, b: Float64Array, columns: number): number {
  const image = plainProduct(matrix, size, size, x, columns);
  const most = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return image.reduce((largest, value, at) => Math.max(largest, Math.abs(value - b[at]!)), 0) / most;
}

describe('a solver of triangular systems', () => {
  it('solves with L and with its transpose, many at once, by blocks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 5, 130, 300, 390), fc.constantFrom(128, 256, 512), fc.nat(1000), async (size, block, seed) => {
        const [lower, columns] = [await lowerTriangle(seed, size), 3];
        const b = randomMatrix(seed + 1, size, columns);
        const solver = await triangularSolver(lower.slice(), size, referenceEngine, { block, cut, storage: inMemory(size) });
        const solve = async (steps: typeof solver.forward): Promise<Float64Array> => {
          const x = b.slice();
          await solveTriangular(solver, steps, x, columns, referenceEngine, ownStorage);
          return x;
        };
        expect(remains(lower, size, await solve(solver.forward), b, columns)).toBeLessThan(1e-6);
        expect(remains(transposed(lower, size, size), size, await solve(solver.backward), b, columns)).toBeLessThan(1e-6);
      }),
      { numRuns: 20 },
    );
  });

  it('inverts no more than blocks: what is below them is multiplied as it is', async () => {
    const size = 300;
    const { forward, backward, diagonal } = await triangularSolver(await lowerTriangle(1, size), size, referenceEngine, {
      block: 128,
      cut,
      storage: inMemory(size),
    });
    const places = (steps: typeof forward): number[][] => steps.map(({ from, to, digits }) => [from, to, digits.rows, digits.steps]);
    expect(places(forward)).toEqual([
      [0, 0, 128, 128],
      [0, 128, 128, 128],
      [128, 128, 128, 128],
      [0, 256, 44, 256],
      [256, 256, 44, 44],
    ]);
    expect(places(backward)).toEqual([
      [256, 256, 44, 44],
      [256, 0, 256, 44],
      [128, 128, 128, 128],
      [128, 0, 128, 128],
      [0, 0, 128, 128],
    ]);
    expect(diagonal).toHaveLength(size);
  });

  it('has the same bits for every engine, and wherever it is kept', async () => {
    const [size, columns] = [200, 2];
    const found: Float64Array[] = [];
    for (const [engine, storage] of [
      [referenceEngine, inMemory(size)],
      [bigintEngine(), [ownStorage, ownStorage]],
    ] as const) {
      const solver = await triangularSolver(await lowerTriangle(2, size), size, engine, {
        block: 128,
        cut: { digits: 3, extraLevel: true },
        storage,
      });
      const x = randomMatrix(3, size, columns);
      for (const steps of [solver.forward, solver.backward]) await solveTriangular(solver, steps, x, columns, engine, ownStorage);
      found.push(x);
    }
    expect(found[1]).toEqual(found[0]);
  });

  it('fits where it says it does, at every size', async () => {
    for (const size of [1, 2, 129, 513, 700]) {
      const identity = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
      await triangularSolver(identity, size, referenceEngine, { block: 128, cut, storage: inMemory(size) });
    }
    expect(() => storageIn(new Uint8Array(15))(16)).toThrow(RangeError);
  });

  it('is refused for a triangle without an inverse', async () => {
    const storage = inMemory(2);
    await expect(triangularSolver(Float64Array.of(1, 0, 5, 0), 2, referenceEngine, { cut, storage })).rejects.toThrow(InputError);
  });
});
