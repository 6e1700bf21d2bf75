import { InputError } from '@fathom/errors';

import { fmix32 } from './fmix32.js';
import { naturalLog } from './natural-log.js';
import { Xoshiro128, type Xoshiro128State } from './xoshiro128.js';

const WORDS = 0x100000000; // 2^32

/**
 * The one source of random numbers: {@link Xoshiro128}, its state hashed from a seed and the name of a stream.
 * The same seed and stream give the same numbers on every machine; differently named streams are independent,
 * so what one part of a computation draws never shifts what another part draws.
 */
export class Prng {
  private readonly source: Xoshiro128;
  private spare = NaN;

  /**
   * @param seed an integer, 0..2^53−1
   * @param stream names an independent stream of the seed; a number is read as its decimal text. @default ''
   * @throws InputError when the seed is none
   */
  constructor(seed: number, stream: string | number = '') {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new InputError({ field: 'seed', problem: 'not a seed', value: seed, accepted: 'an integer from 0 to 2^53 − 1' });
    }
    this.source = new Xoshiro128(stateOf(seed, String(stream)));
  }

  /** An unsigned 32-bit integer. */
  uint32(): number {
    return this.source.uint32();
  }

  /** A multiple of 2^−53 in [0, 1), all equally likely. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /**
   * An integer in 0..bound−1, all equally likely: draws beyond the largest multiple of the bound are thrown away.
   * @throws InputError unless the bound is an integer in 1..2^32
   */
  below(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > WORDS) {
      throw new InputError({ field: 'bound', problem: 'nothing to draw from', value: bound, accepted: 'an integer from 1 to 2^32' });
    }
    const limit = WORDS - (WORDS % bound);
    let drawn = this.uint32();
    while (drawn >= limit) drawn = this.uint32();
    return drawn % bound;
  }

  /** A standard normal number, by Marsaglia's polar method: it needs no function but √ and ln. */
  gaussian(): number {
    if (!Number.isNaN(this.spare)) {
      const kept = this.spare;
      this.spare = NaN;
      return kept;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * naturalLog(square)) / square);
        this.spare = v * factor;
        return u * factor;
      }
    }
  }

  /** Fills an array with standard normal numbers, in index order: the same as calling {@link gaussian} for each. */
  fillGaussian(out: Float64Array | Float32Array): void {
    for (let index = 0; index < out.length; index += 1) out[index] = this.gaussian();
  }

  /** The numbers 0..count−1 in random order, all orders equally likely (Fisher and Yates, from the last place down). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const moved = order[last]!;
      order[last] = order[other]!;
      order[other] = moved;
    }
    return order;
  }
}

const LANES = [0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834] as const; // 2^128 divided by the golden ratio
const encoder = new TextEncoder();

/** Every word of seed, length and text goes through four differently keyed hash chains, one for each word of the state. */
function stateOf(seed: number, stream: string): Xoshiro128State {
  const text = encoder.encode(stream);
  const words = [seed % WORDS, Math.floor(seed / WORDS), text.length];
  for (let at = 0; at < text.length; at += 4) {
    words.push((text[at] ?? 0) | ((text[at + 1] ?? 0) << 8) | ((text[at + 2] ?? 0) << 16) | ((text[at + 3] ?? 0) << 24));
  }
  const chain = (lane: number): number => words.reduce((hash, word) => fmix32(Math.imul(hash, 5) + fmix32(word ^ lane)), lane);
  const [s0, s1, s2, s3] = [chain(LANES[0]), chain(LANES[1]), chain(LANES[2]), chain(LANES[3])];
  return [(s0 | s1 | s2 | s3) === 0 ? 1 : s0, s1, s2, s3];
}
