import { InputError } from '@fathom/errors';

import { bigintEngine } from './bigint-engine.fixture.js';
import { bigintFactor } from './bigint-factor.fixture.js';
import { blockedCholesky } from './blocked-cholesky.js';
import { cholesky } from './cholesky.js';
import { plainGram, randomMatrix } from './random-matrix.fixture.js';
import { referenceEngine } from './reference-engine.js';
import { triangularInverse } from './triangular-inverse.js';

/** XᵀX + ridge·I of rows × size normal numbers. */
function ridgedGram(seed: number, size: number, rows: number, ridge: number): Float64Array {
  const gram = plainGram(randomMatrix(seed, rows, size), rows, size);
  for (let i = 0; i < size; i += 1) gram[i * size + i]! += ridge;
  return gram;
}

/** 1/(i + j + 1) + ridge·δ: its condition is about 2/ridge. */
function ridgedHilbert(size: number, ridge: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return 1 / (i + j + 1) + (i === j ? ridge : 0);
  });
}

/** The largest error relative to the largest value. */
function relativeError(got: Float64Array, expected: Float64Array): number {
  const most = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return got.reduce((largest, value, at) => Math.max(largest, Math.abs(value - expected[at]!)), 0) / most;
}

async function factored(matrix: Float64Array, size: number, digits?: number): Promise<{ factor: Float64Array; inverse: Float64Array }> {
  const factor = matrix.slice();
  await blockedCholesky(factor, size, referenceEngine, digits === undefined ? {} : { digits });
  const inverse = factor.slice();
  await triangularInverse(inverse, size, referenceEngine, digits === undefined ? {} : { digits });
  return { factor, inverse };
}

describe('the factor by blocks and its inverse', () => {
  it.each([1, 2, 63, 64, 65, 130])('of a well-conditioned matrix of %d rows are as exact as float64 allows, and 40 bits give 1e-9', async (size) => {
    const matrix = ridgedGram(size, size, 2 * size + 3, size / 2);
    const expected = bigintFactor(matrix, size);
    const got = await factored(matrix, size);
    expect(relativeError(got.factor, expected.factor)).toBeLessThan(1e-14);
    expect(relativeError(got.inverse, expected.inverse)).toBeLessThan(1e-14);
    const shorter = await factored(matrix, size, 5);
    expect(relativeError(shorter.factor, expected.factor)).toBeLessThan(1e-9);
    expect(relativeError(shorter.inverse, expected.inverse)).toBeLessThan(1e-9);
  });

  it.each([
    ['fewer rows than columns and a ridge of 1e-7', ridgedGram(7, 130, 60, 1e-7), 1e10],
    ['a Hilbert matrix and a ridge of 1e-10', ridgedHilbert(130, 1e-10), 2e10],
  ])('lose the digits that the condition costs and no more: %s', async (_what, matrix, condition) => {
    const size = 130;
    const expected = bigintFactor(matrix, size);
    const got = await factored(matrix, size);
    expect(relativeError(got.factor, expected.factor)).toBeLessThan(condition * 2 ** -52);
    expect(relativeError(got.inverse, expected.inverse)).toBeLessThan(condition * 2 ** -52);
    const plain = matrix.slice();
    cholesky(plain, size);
    const plainError = relativeError(
      plain.map((value, at) => (at % size > Math.floor(at / size) ? 0 : value)),
      expected.factor,
    );
    expect(relativeError(got.factor, expected.factor)).toBeLessThan(4 * plainError);
    // Backwards the factor is exact: LLᵀ is the matrix to its last digits.
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j <= i; j += 1) {
        let sum = 0;
        for (let l = 0; l <= j; l += 1) sum += got.factor[i * size + l]! * got.factor[j * size + l]!;
        const scale = Math.sqrt(matrix[i * size + i]! * matrix[j * size + j]!);
        expect(Math.abs(sum - matrix[i * size + j]!)).toBeLessThan(5e-15 * scale);
      }
    }
  });

  it('are the same as plain arithmetic gives, to the digits asked for, where they are made in several tiles', async () => {
    const size = 580;
    const matrix = ridgedGram(9, size, 700, 100);
    const { factor, inverse } = await factored(matrix, size, 3);
    const plain = matrix.slice();
    cholesky(plain, size);
    for (let at = 0; at < size * size; at += 1) if (at % size > Math.floor(at / size)) plain[at] = 0;
    expect(relativeError(factor, plain)).toBeLessThan(1e-5);
    const image = new Float64Array(size).fill(1);
    for (let i = 0; i < size; i += 1) {
      for (let l = 0; l < i; l += 1) image[i]! -= plain[i * size + l]! * image[l]!;
      image[i]! /= plain[i * size + i]!;
    }
    const got = new Float64Array(size);
    for (let at = 0; at < size * size; at += 1) got[Math.floor(at / size)]! += inverse[at]!;
    expect(relativeError(got, image)).toBeLessThan(1e-4);
  });

  it('have the same bits for every engine, read the lower triangle alone, and are 0 above it', async () => {
    const size = 96;
    const matrix = ridgedGram(5, size, 150, 1);
    const { factor, inverse } = await factored(matrix, size);
    const other = matrix.map((value, at) => (at % size > Math.floor(at / size) ? NaN : value));
    await blockedCholesky(other, size, bigintEngine(), { digits: 7 });
    expect(other).toEqual(factor);
    await triangularInverse(other, size, bigintEngine());
    expect(other).toEqual(inverse);
    for (let at = 0; at < size * size; at += 1) if (at % size > Math.floor(at / size)) expect(Math.abs(factor[at]!) + Math.abs(inverse[at]!)).toBe(0);
  });

  it('have the scales of their rows, however far apart these are', async () => {
    const size = 100;
    const matrix = ridgedGram(6, size, 200, 1);
    const powers = Float64Array.from({ length: size }, (_, row) => 2 ** ((row % 11) * 40 - 200));
    const scaled = matrix.map((value, at) => value * powers[Math.floor(at / size)]! * powers[at % size]!);
    const { factor } = await factored(matrix, size);
    const got = await factored(scaled, size);
    expect(
      relativeError(
        got.factor.map((value, at) => value / powers[Math.floor(at / size)]!),
        factor,
      ),
    ).toBe(0);
  });

  it('do not exist where a matrix is not positive definite: the row is named', async () => {
    const size = 150;
    const identity = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    for (const [row, column] of [
      [3, 1],
      [70, 2],
      [149, 100],
    ] as const) {
      const twice = identity.slice(); // a row that another one repeats
      twice[row * size + column] = 1;
      await expect(blockedCholesky(twice, size, referenceEngine)).rejects.toThrow(
        new InputError({ field: 'matrix', problem: `not positive definite at row ${row}`, value: 0, accepted: 'a positive definite matrix' }),
      );
    }
    await expect(blockedCholesky(new Float64Array(4), 2, referenceEngine)).rejects.toThrow('not positive definite at row 0');
  });

  it('are refused for what is no matrix of numbers', async () => {
    const size = 80;
    for (const [value, row, column] of [
      [NaN, 79, 79],
      [NaN, 75, 2],
      [Infinity, 66, 65],
      [2 ** 900, 3, 3],
    ] as const) {
      const bad = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
      bad[row * size + column] = value;
      const problem = `not a number to calculate with, at row ${row}, column ${column}`;
      await expect(blockedCholesky(bad, size, referenceEngine)).rejects.toThrow(`matrix: ${problem}`);
      await expect(triangularInverse(bad, size, referenceEngine)).rejects.toThrow(`lower: ${problem}`);
    }
    await expect(blockedCholesky(new Float64Array(3), 2, referenceEngine)).rejects.toThrow('matrix: wrong length');
    await expect(triangularInverse(new Float64Array(3), 2, referenceEngine)).rejects.toThrow('lower: wrong length');
    await expect(blockedCholesky(Float64Array.of(4), 1, referenceEngine, { digits: 0 })).rejects.toThrow('digits: out of range');
    await expect(triangularInverse(Float64Array.of(4), 1, referenceEngine, { digits: 8 })).rejects.toThrow('digits: out of range');
    await expect(triangularInverse(Float64Array.of(1, 0, 5, 0), 2, referenceEngine)).rejects.toThrow('lower: singular: 0 on the diagonal at row 1');
  });
});
