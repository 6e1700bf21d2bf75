import { InputError } from '@fathom/errors';

import { powerOfTwo } from './fixed-point.js';
import { threadArray } from './thread-array.js';

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

/** Where the digits are kept: called once a cut, with the bytes needed; there may be more. They begin at a multiple of eight. */
export type DigitStorage = (bytes: number) => Uint8Array;

/** How to cut a matrix, or a part of one, into digits. */
export interface CutOptions {
  /** 1 to 7: 3 keep 24 bits of the largest value of a row or column, 7 all of a float64. */
  readonly digits: number;
  /** Where the first value is. @default 0 */
  readonly offset?: number;
  /** From one row to the next. @default as many as there are columns */
  readonly stride?: number;
  /** @default new memory that is not shared */
  readonly storage?: DigitStorage;
}

/** New memory for each. */
export const ownStorage: DigitStorage = (bytes) => new Uint8Array(bytes);

/** Memory that threads share. */
export const sharedStorage: DigitStorage = (bytes) => new Uint8Array(new SharedArrayBuffer(bytes));

/** One and the same memory of this thread again and again: what was kept in it is lost. */
export function threadStorage(name: string): DigitStorage {
  return (bytes) => threadArray(name, Uint8Array, bytes);
}

/** Memory that keeps all of them, one after the other. @throws RangeError where it is not large enough */
export function storageIn(memory: Uint8Array): DigitStorage {
  let next = 0;
  return (bytes) => {
    const at = next;
    next = (at + bytes + 7) & ~7;
    if (at + bytes > memory.length) throw new RangeError(`${at + bytes} bytes for digits asked for, there are ${memory.length}`);
    return new Uint8Array(memory.buffer, memory.byteOffset + at, bytes);
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
