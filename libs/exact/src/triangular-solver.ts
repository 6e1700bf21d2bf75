import { middleOf } from './blocked-cholesky.js';
import { digitProduct } from './digit-product.js';
import type { DigitStorage } from './digit-scale.js';
import type { IntegerEngine } from './integer-engine.js';
import { leftDigits, type LeftDigits, type LeftDigitsOptions } from './left-digits.js';
import { rightDigits } from './right-digits.js';
import { triangularInverse, type InverseOptions } from './triangular-inverse.js';

/** A product that a solve consists of: of rows from `from` on, for rows from `to` on; where these are the same, with a block's inverse. */
export interface SolveStep {
  readonly from: number;
  readonly to: number;
  readonly digits: LeftDigits;
}

/**
 * A triangular matrix L, ready to solve Lx = b and Lᵀx = b with for many b at once: by halves, down to blocks on the diagonal that are
 * multiplied with their inverses. Plain data: it can be sent to threads, or shared by them.
 */
export interface TriangularSolver {
  /** Of the blocks' inverses. It is apart: it is much larger than the rest, whose digits would otherwise be spent on it. */
  readonly diagonal: Float64Array;
  /** What solves Lx = b. */
  readonly forward: readonly SolveStep[];
  /** What solves Lᵀx = b. */
  readonly backward: readonly SolveStep[];
}

/** How L is factorised, and cut to be multiplied with. */
export interface SolverOptions extends InverseOptions {
  readonly cut: Pick<LeftDigitsOptions, 'digits' | 'extraLevel'>;
  /** Where the steps of each way are kept: {@link solverBytes} each. */
  readonly storage: readonly [DigitStorage, DigitStorage];
}

/** Rows of a block whose inverse is made: of larger ones it costs more than it saves, smaller ones have many to be cut again and again. */
const BLOCK = 512;

/** Bytes that the steps of one way need at most, for L of so many rows and up to four digits. */
export function solverBytes(size: number): number {
  // Ten bytes for each value on one side of the diagonal, in whole blocks of rows, and a scale for each row of each step.
  return 5 * size * (size + 1024) + 128 * size;
}

/**
 * Makes a solver of a lower triangular matrix, of which nothing of use is left.
 *
 * @param lower size × size, row-major, |x| < 2^900, 0 above the diagonal, no 0 on it
 * @throws InputError as {@link triangularInverse} does
 */
export async function triangularSolver(lower: Float64Array, size: number, engine: IntegerEngine, options: SolverOptions): Promise<TriangularSolver> {
  const { cut, storage, block = BLOCK, ...factor } = options;
  await triangularInverse(lower, size, engine, { ...factor, block });
  const diagonal = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    diagonal[row] = lower[row * (size + 1)]!;
    lower[row * (size + 1)] = 0;
  }
  const steps = (way: 'lower' | 'upper', memory: DigitStorage): SolveStep[] => {
    const made: SolveStep[] = [];
    const step = (to: number, toEnd: number, from: number, fromEnd: number): void => {
      const part = { ...cut, shape: to === from ? way : ('full' as const), offset: to * size + from, stride: size, storage: memory };
      made.push({ from, to, digits: leftDigits(lower, toEnd - to, fromEnd - from, part) });
    };
    const halves = (first: number, end: number): void => {
      if (end - first <= block) {
        step(first, end, first, end);
        return;
      }
      const middle = middleOf(first, end);
      const [one, other] = [[first, middle] as const, [middle, end] as const];
      const [before, after] = way === 'lower' ? [one, other] : [other, one];
      halves(...before);
      step(...after, ...before);
      halves(...after);
    };
    halves(0, size);
    return made;
  };
  const forward = steps('lower', storage[0]);
  transpose(lower, size);
  return { diagonal, forward, backward: steps('upper', storage[1]) };
}

/**
 * Solves Lx = b or Lᵀx = b in place, `x` being b at first.
 * @param steps the solver's `forward` or `backward`
 * @param x as many rows as L × columns, row-major
 * @param storage where the digits of x are kept, until the next time
 */
export async function solveTriangular(
  { diagonal }: TriangularSolver,
  steps: readonly SolveStep[],
  x: Float64Array,
  columns: number,
  engine: IntegerEngine,
  storage: DigitStorage,
): Promise<void> {
  for (const { from, to, digits } of steps) {
    const right = rightDigits(x, digits.steps, columns, { digits: digits.digits, offset: from * columns, storage });
    const how = from === to ? { plus: { factors: diagonal.subarray(from), matrix: x.subarray(from * columns) } } : { subtract: true };
    await digitProduct(digits, right, engine, x, { offset: to * columns, ...how });
  }
}

/** In squares of as many values as a cache line holds. */
function transpose(matrix: Float64Array, size: number): void {
  const EDGE = 8;
  for (let top = 0; top < size; top += EDGE) {
    const bottom = Math.min(top + EDGE, size);
    for (let left = 0; left <= top; left += EDGE) {
      for (let row = top; row < bottom; row += 1) {
        const end = Math.min(left + EDGE, row);
        for (let column = left; column < end; column += 1) {
          const [lower, upper] = [row * size + column, column * size + row];
          const value = matrix[lower]!;
          matrix[lower] = matrix[upper]!;
          matrix[upper] = value;
        }
      }
    }
  }
}
