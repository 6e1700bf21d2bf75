import { sharedFloat64 } from '@fathom/exact';
import type { Digits } from './byte-digits.js';

/** Levels of ZᵀA: rows have two digits. */
const crossLevels = (digits: Digits): number => digits + 1;
const gramLevels = (digits: Digits): number => 2 * digits - 1;

/**
 * ZᵀA and ZᵀZ over some rows, level by level: the sum of products of digits of one weight, an exact integer up to 2³⁷ rows, so that it
 * does not matter which rows were added where, or in which order. Shared between threads; one task at a time adds to it.
 */
export interface CodeSums {
  /** Digits of a code. */
  readonly digits: Digits;
  /** (digits + 1) × r × d. */
  readonly cross: Float64Array;
  /** (2·digits − 1) × r × r. */
  readonly gram: Float64Array;
}

/** Sums that are 0; without ZᵀA where d is 0. */
export function emptySums(r: number, d: number, digits: Digits): CodeSums {
  return { digits, cross: sharedFloat64(crossLevels(digits) * r * d), gram: sharedFloat64(gramLevels(digits) * r * r) };
}

/** Sums become 0 again. */
export function clearSums({ cross, gram }: CodeSums): void {
  cross.fill(0);
  gram.fill(0);
}

/** Adds the products of the codes' digits with bytes of rows, digits·r × d: the high ones where `level` is 0, the low ones where it is 1. */
export function addCross({ digits, cross }: CodeSums, products: Int32Array, level: number): void {
  const from = (level * products.length) / digits;
  for (let at = 0; at < products.length; at++) cross[from + at] = cross[from + at]! + products[at]!;
}

/** Adds the products of the codes' digits with one another, digits·r × digits·r. */
export function addGramLevels({ digits, gram: sums }: CodeSums, products: Int32Array, r: number): void {
  for (let p = 0; p < digits; p++)
    for (let j = 0; j < r; j++)
      for (let q = 0; q < digits; q++) {
        const to = ((p + q) * r + j) * r;
        const from = ((p * r + j) * digits + q) * r;
        for (let l = 0; l < r; l++) sums[to + l] = sums[to + l]! + products[from + l]!;
      }
}

/** Columns from..to−1 of ZᵀA, r × (to − from), over all rows: codes were multiplied with `codeScale`, columns with `scale`. */
export function crossOf(parts: readonly CodeSums[], r: number, d: number, from: number, to: number, codeScale: Float64Array, scale: Float64Array) {
  const width = to - from;
  const out = new Float64Array(r * width);
  const total = new Float64Array(width);
  for (let j = 0; j < r; j++) {
    const at = j * width;
    for (let level = 0; level < crossLevels(parts[0]!.digits); level++) {
      addParts(total, parts, (level * r + j) * d + from);
      for (let c = 0; c < width; c++) out[at + c] = out[at + c]! * 256 + total[c]!;
    }
    for (let c = 0; c < width; c++) out[at + c] = out[at + c]! / codeScale[j]! / scale[from + c]!;
  }
  return out;
}

function addParts(total: Float64Array, parts: readonly CodeSums[], start: number): void {
  total.fill(0);
  for (const { cross } of parts) for (let c = 0; c < total.length; c++) total[c] = total[c]! + cross[start + c]!;
}

/** ZᵀZ, r × r, over all rows. */
export function gramOf(parts: readonly CodeSums[], r: number, codeScale: Float64Array): Float64Array {
  const out = new Float64Array(r * r);
  for (let at = 0; at < out.length; at++) {
    let value = 0;
    for (let level = 0; level < gramLevels(parts[0]!.digits); level++) {
      let sum = 0;
      for (const { gram } of parts) sum += gram[level * r * r + at]!;
      value = value * 256 + sum;
    }
    out[at] = value / codeScale[Math.floor(at / r)]! / codeScale[at % r]!;
  }
  return out;
}
