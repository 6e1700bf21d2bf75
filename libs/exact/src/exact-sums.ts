import { InputError } from '@fathom/errors';

import { powerOfTwo } from './fixed-point.js';
import { requireLength } from './require-length.js';

/** Pieces of 32 bits, the lowest worth 2^−1074: all float64 values, and 2^43 times the largest. */
const PIECES = 67;
const WORD = 0x100000000; // 2^32
/** After so many additions of less than 2^32 a piece is still an exact integer: 2^20·2^32 + 2^32 < 2^53. */
const MOST_ADDITIONS = 0x100000; // 2^20
const SMALLEST = 5e-324; // 2^−1074
const bits = new DataView(new ArrayBuffer(8));

/**
 * Exact sums of float64 values: whatever the order in which values are added, and however they are divided between several sums that are
 * merged, the result has the same bits (docs/measures.md §10.1). Values are added up as integers, in units of the smallest float64,
 * and rounded once, when a result is asked for.
 */
export class ExactSums {
  private readonly pieces: Float64Array;
  private additions = 0;

  /**
   * @param count how many sums there are, all 0
   * @param state of other sums, see {@link state}: these go on from it
   * @throws InputError where the state belongs to another number of sums
   */
  constructor(
    readonly count: number,
    state: Float64Array = new Float64Array(count * PIECES),
  ) {
    requireLength('state', state, count * PIECES);
    this.pieces = state.slice();
    this.additions = 1; // a state's pieces are below 2^32
  }

  /**
   * Adds a value to sum `index`.
   * @throws InputError where the value is not finite or there is no such sum
   */
  add(index: number, value: number): void {
    if (!(index >>> 0 === index && index < this.count))
      throw new InputError({ field: 'sum', problem: 'no such sum', value: index, accepted: `0 to ${this.count - 1}` });
    bits.setFloat64(0, value);
    const high = bits.getInt32(0);
    const low = bits.getInt32(4);
    const exponent = (high >>> 20) & 0x7ff;
    if (exponent === 0x7ff) throw new InputError({ field: 'value', problem: 'cannot be summed', value, accepted: 'a finite number' });
    if (this.additions >= MOST_ADDITIONS) this.carry();
    this.additions += 1;
    // The 53 bits of the value, shifted to their place, lie in three pieces.
    const place = exponent === 0 ? 0 : exponent - 1;
    const top = (high & 0xfffff) | (exponent === 0 ? 0 : 0x100000);
    const shift = place & 31;
    const piece0 = (low << shift) >>> 0;
    const piece1 = ((top << shift) | ((low >>> 1) >>> (31 - shift))) >>> 0;
    const piece2 = (top >>> 1) >>> (31 - shift);
    const { pieces } = this;
    const at = index * PIECES + (place >>> 5);
    if (high < 0) {
      pieces[at] = pieces[at]! - piece0;
      pieces[at + 1] = pieces[at + 1]! - piece1;
      pieces[at + 2] = pieces[at + 2]! - piece2;
    } else {
      pieces[at] = pieces[at]! + piece0;
      pieces[at + 1] = pieces[at + 1]! + piece1;
      pieces[at + 2] = pieces[at + 2]! + piece2;
    }
  }

  /**
   * Adds each sum of another to the sum of the same index; the other's values stay.
   * @throws InputError where the other has another number of sums
   */
  merge(other: ExactSums): void {
    requireLength('other sums', other.pieces, this.pieces.length);
    if (this.additions + other.additions > MOST_ADDITIONS) {
      this.carry();
      other.carry();
    }
    for (let at = 0; at < this.pieces.length; at += 1) this.pieces[at] = this.pieces[at]! + other.pieces[at]!;
    this.additions += other.additions;
  }

  /** A sum, rounded once, half to even; infinite where it is beyond the range of float64. */
  result(index: number): number {
    let total = 0n;
    for (let piece = PIECES - 1; piece >= 0; piece -= 1) total = (total << 32n) + BigInt(this.pieces[index * PIECES + piece]!);
    return total < 0n ? -roundedUnits(-total) : roundedUnits(total);
  }

  /** What has been added up so far, to be sent or kept: the same numbers for the same values in any order. */
  state(): Float64Array {
    this.carry();
    return this.pieces.slice();
  }

  /** Makes all pieces but a sum's last 0..2^32−1. */
  private carry(): void {
    const { pieces } = this;
    for (let first = 0; first < pieces.length; first += PIECES) {
      for (let at = first; at < first + PIECES - 1; at += 1) {
        const carried = Math.floor(pieces[at]! / WORD);
        pieces[at] = pieces[at]! - carried * WORD;
        pieces[at + 1] = pieces[at + 1]! + carried;
      }
    }
    this.additions = 1;
  }
}

/** The float64 nearest to a whole number, at least 0, of units of 2^−1074. */
function roundedUnits(units: bigint): number {
  const length = units.toString(16).length * 4;
  if (length <= 64) return Number(units) * SMALLEST;
  // The first 61 bits or more, the last of them set where any later one is: it rounds as all of them do.
  const dropped = length - 64;
  const kept = units >> BigInt(dropped);
  const sticky = kept << BigInt(dropped) === units ? kept : kept | 1n;
  if (dropped > 2040) return Infinity;
  // In two steps, each by a power of two that is a normal number.
  return Number(sticky) * powerOfTwo(-52) * powerOfTwo(dropped - 1022);
}
