/** Added and taken away again, it rounds a float64 below 2^51 in size to an integer, half to even. */
const ROUNDER = 6755399441055744; // 1.5·2^52

/** 128 in every byte: an integer plus this has digit + 128 in each of its bytes. */
const BIAS = 0x80808080 | 0;
const TAIL_BIAS = [0, 0x80, 0x8080, 0x808080] as const;
const WEIGHT = [1, 256, 65_536, 16_777_216] as const; // 256^l

/** How the digits of a value are kept in a byte: plus 128, or as a signed byte. */
export type DigitSign = 'biased' | 'signed';

/**
 * Cuts lines of values into digits −128..127: value·scale = Σ_l digit_l·2^(−8l), rounded half to even at the last digit.
 * The first four digits are the bytes of one 32-bit integer, the head; what the head leaves of the value is cut into up to three more,
 * the tail. Four values are cut at a time, and their bytes written as one word: that is what makes it fast.
 */
export class DigitCutter {
  private readonly flip: number;
  /** The digits of a line: all first digits, from a whole word on, then all second ones. */
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly wordsApart: number;
  /** The last values of a line whose length is no multiple of four. */
  private readonly lastValues = new Float64Array(4);
  private readonly lastScales = new Float64Array(4);

  /**
   * @param longest most values of a line
   * @param digits 1 to 7
   */
  constructor(
    longest: number,
    private readonly digits: number,
    sign: DigitSign,
  ) {
    this.flip = sign === 'signed' ? BIAS : 0;
    this.wordsApart = Math.ceil(longest / 4);
    this.words = new Int32Array(digits * this.wordsApart);
    this.bytes = new Uint8Array(this.words.buffer);
  }

  /**
   * @param scales one power of two a value; value·scale is at most 127.49609375 in size
   * @param bytes where digit l of value k is written, at `to` + l·`apart` + k
   */
  cut(values: Float64Array, from: number, count: number, scales: Float64Array, bytes: Uint8Array, to: number, apart: number): void {
    const quads = count >>> 2;
    this.cutQuads(values, from, scales, quads, 0);
    if (count > 4 * quads) {
      this.lastValues.fill(0);
      for (let k = 4 * quads; k < count; k += 1) {
        this.lastValues[k & 3] = values[from + k]!;
        this.lastScales[k & 3] = scales[k]!;
      }
      this.cutQuads(this.lastValues, 0, this.lastScales, 1, quads);
    }
    for (let digit = 0; digit < this.digits; digit += 1) {
      const start = 4 * digit * this.wordsApart;
      bytes.set(this.bytes.subarray(start, start + count), to + digit * apart);
    }
  }

  private cutQuads(values: Float64Array, from: number, scales: Float64Array, quads: number, to: number): void {
    const cut = this.digits <= 4 ? cutHeads : cutHeadsAndTails;
    cut(values, from, scales, quads, this.digits, this.flip, this.words, to, this.wordsApart);
  }
}

/** Up to four digits of each value. */
function cutHeads(
  values: Float64Array,
  from: number,
  scales: Float64Array,
  quads: number,
  digits: number,
  flip: number,
  words: Int32Array,
  to: number,
  apart: number,
): void {
  const weight = WEIGHT[digits - 1]!;
  const last = to + (digits - 1) * apart;
  for (let quad = 0; quad < quads; quad += 1) {
    const k = 4 * quad;
    const a = (rounded(values[from + k]! * (scales[k]! * weight)) + BIAS) ^ flip;
    const b = (rounded(values[from + k + 1]! * (scales[k + 1]! * weight)) + BIAS) ^ flip;
    const c = (rounded(values[from + k + 2]! * (scales[k + 2]! * weight)) + BIAS) ^ flip;
    const d = (rounded(values[from + k + 3]! * (scales[k + 3]! * weight)) + BIAS) ^ flip;
    const at = last + quad;
    words[at] = packed(a, b, c, d, 0);
    if (digits > 1) words[at - apart] = packed(a, b, c, d, 8);
    if (digits > 2) words[at - 2 * apart] = packed(a, b, c, d, 16);
    if (digits > 3) words[at - 3 * apart] = packed(a, b, c, d, 24);
  }
}

/** More than four digits of each value. A tail of half a unit of the head, or nearly so, has no digits of its own: it is carried. */
function cutHeadsAndTails(
  values: Float64Array,
  from: number,
  scales: Float64Array,
  quads: number,
  digits: number,
  flip: number,
  words: Int32Array,
  to: number,
  apart: number,
): void {
  const weight = WEIGHT[3];
  const tailWeight = 256 * WEIGHT[digits - 5]!;
  const tailBias = TAIL_BIAS[digits - 4]!;
  const carry = 8 * (digits - 4);
  for (let quad = 0; quad < quads; quad += 1) {
    const k = 4 * quad;
    const x = values[from + k]! * (scales[k]! * weight);
    const y = values[from + k + 1]! * (scales[k + 1]! * weight);
    const z = values[from + k + 2]! * (scales[k + 2]! * weight);
    const w = values[from + k + 3]! * (scales[k + 3]! * weight);
    const p = tail(x, tailWeight) + tailBias;
    const q = tail(y, tailWeight) + tailBias;
    const r = tail(z, tailWeight) + tailBias;
    const s = tail(w, tailWeight) + tailBias;
    const a = (rounded(x) + (p >> carry) + BIAS) ^ flip;
    const b = (rounded(y) + (q >> carry) + BIAS) ^ flip;
    const c = (rounded(z) + (r >> carry) + BIAS) ^ flip;
    const d = (rounded(w) + (s >> carry) + BIAS) ^ flip;
    const at = to + quad;
    words[at] = packed(a, b, c, d, 24);
    words[at + apart] = packed(a, b, c, d, 16);
    words[at + 2 * apart] = packed(a, b, c, d, 8);
    words[at + 3 * apart] = packed(a, b, c, d, 0);
    const last = at + (digits - 1) * apart;
    words[last] = packed(p, q, r, s, 0) ^ flip;
    if (digits > 5) words[last - apart] = packed(p, q, r, s, 8) ^ flip;
    if (digits > 6) words[last - 2 * apart] = packed(p, q, r, s, 16) ^ flip;
  }
}

function rounded(x: number): number {
  return (x + ROUNDER - ROUNDER) | 0;
}

/** What rounding leaves of x, at most ½ in size, in units of the last digit. */
function tail(x: number, weight: number): number {
  return rounded((x - (x + ROUNDER - ROUNDER)) * weight);
}

/** One byte of each of four integers, the first one's lowest: the order in which they lie in memory. */
function packed(a: number, b: number, c: number, d: number, shift: number): number {
  return ((a >>> shift) & 255) | (((b >>> shift) & 255) << 8) | (((c >>> shift) & 255) << 16) | ((d >>> shift) << 24);
}
