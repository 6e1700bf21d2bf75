/** Added, it leaves a float64 below 2^31 in size, rounded to an integer, half to even, in the lower half of its bits: 1.5·2^52. */
const ROUNDER: f64 = 6755399441055744;
/** 128 in every byte: an integer plus this has digit + 128 in each of its bytes. */
const BIAS: i32 = 0x80808080;

/**
 * Reads rows as integers q = round((value − centre)·scale), half to even, and writes the digits of each, −128..127, from the last one on.
 *
 * @param values float32, or float64 where `isDouble`, `pitch` bytes from row to row; at least a multiple of four columns of finite values
 * @param centres one a column, float64; as many as a multiple of four
 * @param scales the same; powers of two
 * @param digits 2 or 3
 * @param to rows × columns bytes for each digit; up to 3 bytes after each are written over
 * @param apart bytes from one digit's to the next digit's
 * @param sums Σq of each column, float64; exact below 2^53; the three values after the last are written over
 * @param squares Σq², the same
 * @param positive rows of each column whose value is above 0, int32, the same
 * @returns the largest |q|, or NaN where a value is none: where it is more than the digits hold, none of what was written counts
 */
export function cutFixed(
  values: usize,
  pitch: usize,
  isDouble: i32,
  centres: usize,
  scales: usize,
  rows: i32,
  columns: i32,
  digits: i32,
  to: usize,
  apart: usize,
  sums: usize,
  squares: usize,
  positive: usize,
): f64 {
  const rounder = f64x2.splat(ROUNDER);
  const bias = i32x4.splat(BIAS);
  const zero = f64x2.splat(0);
  let most = zero;
  let odd = zero;
  // From the last columns to the first: what is written too much is written over by what comes after it.
  for (let column = (columns - 1) & ~3; column >= 0; column -= 4) {
    const at = (<usize>column) << 3;
    const lowCentre = v128.load(centres + at);
    const highCentre = v128.load(centres + at, 16);
    const lowScale = v128.load(scales + at);
    const highScale = v128.load(scales + at, 16);
    let lowSum = zero;
    let highSum = zero;
    let lowSquares = zero;
    let highSquares = zero;
    let above = i32x4.splat(0);
    let from = values + (isDouble ? at : at >> 1);
    let out = to + column;
    for (let row = 0; row < rows; row++, from += pitch, out += columns) {
      let low = v128.load(from);
      let high: v128;
      if (isDouble) {
        high = v128.load(from, 16);
        above = i32x4.sub(above, v128.shuffle<i32>(f64x2.gt(low, zero), f64x2.gt(high, zero), 0, 2, 4, 6));
      } else {
        above = i32x4.sub(above, f32x4.gt(low, zero));
        high = f64x2.promote_low_f32x4(v128.shuffle<i32>(low, low, 2, 3, 2, 3));
        low = f64x2.promote_low_f32x4(low);
      }
      low = f64x2.add(f64x2.mul(f64x2.sub(low, lowCentre), lowScale), rounder);
      high = f64x2.add(f64x2.mul(f64x2.sub(high, highCentre), highScale), rounder);
      const bytes = v128.xor(i32x4.add(v128.shuffle<i32>(low, high, 0, 2, 4, 6), bias), bias);
      const ordered = v128.shuffle<i8>(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
      v128.store32_lane(out, ordered, 0);
      v128.store32_lane(out + apart, ordered, 1);
      if (digits === 3) v128.store32_lane(out + 2 * apart, ordered, 2);
      low = f64x2.sub(low, rounder);
      high = f64x2.sub(high, rounder);
      lowSum = f64x2.add(lowSum, low);
      highSum = f64x2.add(highSum, high);
      low = f64x2.mul(low, low);
      high = f64x2.mul(high, high);
      lowSquares = f64x2.add(lowSquares, low);
      highSquares = f64x2.add(highSquares, high);
      most = f64x2.pmax(f64x2.pmax(most, low), high); // passes over NaN, which the sums keep
    }
    odd = f64x2.add(odd, f64x2.add(f64x2.sub(lowSum, lowSum), f64x2.sub(highSum, highSum)));
    v128.store(sums + at, lowSum);
    v128.store(sums + at, highSum, 16);
    v128.store(squares + at, lowSquares);
    v128.store(squares + at, highSquares, 16);
    v128.store(positive + (at >> 1), above);
  }
  most = f64x2.add(most, odd);
  return sqrt(max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)));
}
