import { sharedFloat64 } from './crew.js';
import type { SharedRoom } from './shared-room.js';

/** Sums of integers that are exact however large they grow: low + high·2³². */
export interface IntegerSums {
  readonly low: Float64Array;
  /** Absent where all sums are known to stay below 2⁵³. */
  readonly high?: Float64Array;
}

/** Weight of the upper limb. */
const LIMB = 4_294_967_296;
/** A lower limb is carried above this, so that one more number below 2⁵² still fits. */
const FULL = 4_503_599_627_370_496;

/**
 * Sums shared between threads; `wide` ones have an upper limb. All 0, unless they are kept in a room: of those nothing is known.
 * @param room where they are kept @default memory of their own
 */
export function integerSums(length: number, wide: boolean, room?: SharedRoom): IntegerSums {
  const limb = (): Float64Array => (room === undefined ? sharedFloat64(length) : new Float64Array(room.take(8 * length), 0, length));
  return wide ? { low: limb(), high: limb() } : { low: limb() };
}

/** Adds an integer below 2⁵² in magnitude. */
export function addInteger({ low, high }: IntegerSums, at: number, value: number): void {
  const sum = low[at]! + value;
  if (high === undefined || Math.abs(sum) < FULL) low[at] = sum;
  else {
    const carry = Math.round(sum / LIMB);
    high[at] = high[at]! + carry;
    low[at] = sum - carry * LIMB;
  }
}

/** Adds value·2^shift: an int32 and a shift of 0 to 32. */
export function addShifted(sums: IntegerSums, at: number, value: number, shift: number): void {
  if (shift <= 20 || sums.high === undefined) addInteger(sums, at, value * SHIFTS[shift]!);
  else {
    const up = 32 - shift;
    const top = up === 0 ? value : value >> up;
    sums.high[at] = sums.high[at]! + top;
    addInteger(sums, at, up === 0 ? 0 : (value - top * SHIFTS[up]!) * SHIFTS[shift]!);
  }
}

const SHIFTS = Float64Array.from({ length: 33 }, (_, shift) => (shift < 31 ? 1 << shift : shift === 31 ? 2_147_483_648 : LIMB));

/** Adds other sums; they stay as they are. */
export function mergeIntegers(into: IntegerSums, from: IntegerSums): void {
  for (let at = 0; at < into.low.length; at += 1) {
    addInteger(into, at, from.low[at]!);
    if (into.high !== undefined && from.high !== undefined) into.high[at] = into.high[at]! + from.high[at]!;
  }
}

/** A sum as float64, rounded once: the same for every way of adding it up. */
export function integerAt({ low, high }: IntegerSums, at: number): number {
  if (high === undefined) return low[at]!;
  const carry = Math.floor(low[at]! / LIMB);
  return (high[at]! + carry) * LIMB + (low[at]! - carry * LIMB);
}

/** Several sums together as float64, rounded once. */
export function integerSumAt({ low, high }: IntegerSums, places: readonly number[]): number {
  let [top, bottom] = [0, 0];
  for (const at of places) {
    const carry = high === undefined ? 0 : Math.floor(low[at]! / LIMB);
    top += carry + (high?.[at] ?? 0);
    bottom += low[at]! - carry * LIMB;
  }
  return top * LIMB + bottom;
}

/** Some of the sums, not copied. */
export function sliceIntegers({ low, high }: IntegerSums, from: number, to: number): IntegerSums {
  return high === undefined ? { low: low.subarray(from, to) } : { low: low.subarray(from, to), high: high.subarray(from, to) };
}

/** Sums over several groups, of `length` sums each. */
export function integersOver(sums: IntegerSums, groups: readonly number[], length: number): IntegerSums {
  const wide = sums.high !== undefined;
  const total: IntegerSums = { low: new Float64Array(length), ...(wide ? { high: new Float64Array(length) } : {}) };
  for (const group of groups) mergeIntegers(total, sliceIntegers(sums, group * length, (group + 1) * length));
  return total;
}
