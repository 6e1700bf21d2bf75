import type { LeftDigits } from './left-digits.js';
import type { RightDigits } from './right-digits.js';

/** Digit `place` of a left operand's value, from the level asked for; NaN where its shape leaves the value out. */
export function leftDigitAt(left: LeftDigits, row: number, step: number, place: number, level = left.digits - 1): number {
  for (const { firstRow, rows, firstStep, steps, at } of left.blocks) {
    if (row < firstRow || row >= firstRow + rows || step < firstStep || step >= firstStep + steps) continue;
    const before = (rows * steps * level * (level + 1)) / 2;
    return left.bytes[at + before + (row - firstRow) * (level + 1) * steps + place * steps + step - firstStep]! - 128;
  }
  return NaN;
}

/** Digit `place` of a right operand's value. */
export function rightDigitAt(right: RightDigits, step: number, column: number, place: number): number {
  return right.bytes[((right.digits - 1 - place) * right.steps + step) * right.columns + column]!;
}

/** Σ digit_l·256^(digits − 1 − l). */
export function wholeOf(digits: number, digitAt: (place: number) => number): bigint {
  let whole = 0n;
  for (let place = 0; place < digits; place += 1) whole = 256n * whole + BigInt(digitAt(place));
  return whole;
}
