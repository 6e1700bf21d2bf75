import { InputError } from '@fathom/errors';
import { addInteger, exponentFor, integerAt, integerSums, mergeIntegers, powerOfTwo, roundHalfEven, type IntegerSums } from '@fathom/exact';

/** Bits that are kept of the largest value of a column: more than the 40 of docs/measures.md §10.2. */
const BITS = 44;

/**
 * Sums over rows of values that are known to stay below a bound, column by column: integers of 44 bits, and so the same for any order
 * of the rows and any partition of them (docs/measures.md §10.2). Plain data over shared memory: it can be sent between threads.
 */
export interface BoundedSums {
  /** One power of two a column. */
  readonly scale: Float64Array;
  readonly sums: IntegerSums;
}

/**
 * Sums that are all 0.
 * @param name what is summed, for errors
 * @param bounds the largest magnitude of each column
 * @throws InputError where a bound is not finite or above 1e160
 */
export function boundedSums(name: string, bounds: Float64Array): BoundedSums {
  const most = powerOfTwo(BITS);
  const scale = bounds.map((bound, column) => {
    const factor = bound > 0 ? powerOfTwo(exponentFor(bound, most)) : 1;
    if (!(bound * factor <= most))
      throw new InputError({
        field: `${name}, column ${column}`,
        problem: 'is too large to be summed',
        value: bound,
        accepted: 'values up to 1e160',
      });
    return factor;
  });
  return { scale, sums: integerSums(bounds.length, true) };
}

/** Adds a value of a column, rounded half to even at the last bit. */
export function addBounded({ scale, sums }: BoundedSums, column: number, value: number): void {
  addInteger(sums, column, roundHalfEven(value * scale[column]!));
}

/** Adds the sums over other rows; they stay as they are. */
export function mergeBounded(into: BoundedSums, from: BoundedSums): void {
  mergeIntegers(into.sums, from.sums);
}

/** The sum of a column as float64. */
export function boundedSum({ scale, sums }: BoundedSums, column: number): number {
  return integerAt(sums, column) / scale[column]!;
}
