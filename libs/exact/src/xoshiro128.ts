/** Four 32-bit words, not all zero. */
export type Xoshiro128State = readonly [number, number, number, number];

/**
 * The generator xoshiro128** 1.1 of Blackman and Vigna ("Scrambled linear pseudorandom number generators", ACM TOMS 2021;
 * https://prng.di.unimi.it): 32-bit integer operations only, period 2^128 − 1.
 */
export class Xoshiro128 {
  private s0: number;
  private s1: number;
  private s2: number;
  private s3: number;

  constructor([s0, s1, s2, s3]: Xoshiro128State) {
    this.s0 = s0 | 0;
    this.s1 = s1 | 0;
    this.s2 = s2 | 0;
    this.s3 = s3 | 0;
  }

  /** The next unsigned 32-bit integer. */
  uint32(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.s1, 5), 7), 9) >>> 0;
    const shifted = this.s1 << 9;
    this.s2 ^= this.s0;
    this.s3 ^= this.s1;
    this.s1 ^= this.s2;
    this.s0 ^= this.s3;
    this.s2 ^= shifted;
    this.s3 = rotateLeft(this.s3, 11);
    return scrambled;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
