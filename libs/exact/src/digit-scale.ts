import { InputError } from '@fathom/errors';

import { powerOfTwo } from './fixed-point.js';

/** Most digits of a value: 7 hold 56 bits, more than a float64 has. */
export const MOST_DIGITS = 7;

/** 127 + 127/256: whatever is not larger, rounded to any number of digits, has a first digit of at most 127. */
const LARGEST = 127.49609375;
const LARGEST_EXPONENT = 900;

/** 2^900: only smaller values are cut. */
export const LARGEST_VALUE = powerOfTwo(LARGEST_EXPONENT);
/** What is accepted, in words. */
export const FINITE = 'finite numbers below 2^900 in size';
const view = new DataView(new ArrayBuffer(8));

/** Where the digits are kept: called once a cut, with the bytes needed; the buffer may be longer. */
export type DigitStorage = (bytes: number) => ArrayBuffer | SharedArrayBuffer;

/** How to cut a matrix, or a part of one, into digits. */
export interface CutOptions {
  /** 1 to 7: 3 keep 24 bits of the largest value of a row or column, 7 all of a float64. */
  readonly digits: number;
  /** Where the first value is. @default 0 */
  readonly offset?: number;
  /** From one row to the next. @default as many as there are columns */
  readonly stride?: number;
  /** @default a new buffer that is not shared */
  readonly storage?: DigitStorage;
}

/** A new buffer for each. */
export const ownStorage: DigitStorage = (bytes) => new ArrayBuffer(bytes);

/** Storage that threads share. */
export const sharedStorage: DigitStorage = (bytes) => new SharedArrayBuffer(bytes);

/** Storage that hands out one and the same buffer again and again, a longer one where it is too short: what was kept in it is lost. */
export function reusedStorage(): DigitStorage {
  let kept = new ArrayBuffer(0);
  return (bytes) => {
    if (kept.byteLength < bytes) kept = new ArrayBuffer(bytes);
    return kept;
  };
}

/**
 * The power of two by which values of at most this size are multiplied before they are cut into digits: the largest that leaves them
 * at most 127.49609375, and at most 2^900.
 *
 * @param largest the largest size, at least 0; with 0 the scale is 1
 * @param line names the row or column in the error
 * @throws InputError where it is not a number or not below 2^900
 */
export function digitScale(largest: number, line: string): number {
  if (largest === 0) return 1;
  view.setFloat64(0, largest);
  const exponent = ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
  if (!(largest < LARGEST_VALUE)) throw new InputError({ field: line, problem: 'cannot be cut into digits', value: largest, accepted: FINITE });
  const scale = powerOfTwo(Math.min(6 - exponent, LARGEST_EXPONENT));
  return largest * scale <= LARGEST ? scale : scale / 2;
}

/** @throws InputError where there cannot be as many digits */
export function requireDigits(digits: number): void {
  if (!Number.isInteger(digits) || digits < 1 || digits > MOST_DIGITS)
    throw new InputError({ field: 'digits', problem: 'out of range', value: digits, accepted: `1 to ${MOST_DIGITS}` });
}

/** @throws InputError where rows of that stride, the first at the offset, are not all inside the matrix */
export function requireInside(matrix: Float64Array, rows: number, columns: number, offset: number, stride: number): void {
  const end = rows === 0 || columns === 0 ? 0 : offset + (rows - 1) * stride + columns;
  if (!(offset >= 0 && stride >= columns && end <= matrix.length))
    throw new InputError({ field: 'matrix', problem: 'too short for its shape', value: matrix.length, accepted: `at least ${end} values` });
}
