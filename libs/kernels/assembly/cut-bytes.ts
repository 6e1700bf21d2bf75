/** Added, it leaves a float64 below 2^31 in size, rounded to an integer, half to even, in the lower half of its bits: 1.5·2^52. */
const ROUNDER: f64 = 6755399441055744;

/**
 * Reads rows as integers q = round(value·scale), half to even, and cuts each into 256·high + low, both −128..127.
 *
 * @param values float32, or float64 where `isDouble`, rows × columns; up to 12 (or 24) bytes after the last are read
 * @param scales powers of two, one a column, float64; then, from the next multiple of four columns on, their inverses
 * @param to rows × columns high bytes; then, `apart` bytes on each, the low ones, and both again, each plus 128. Up to 3 bytes after each are written over
 * @param squares for each row Σ(q/scale)², and the same of 256·high and of low, float64; four sums, of every fourth column, are added up
 * @returns the largest |q|, or NaN where a value is none
 */
export function cutBytes(values: usize, isDouble: i32, scales: usize, rows: i32, columns: i32, to: usize, apart: usize, squares: usize): f64 {
  const rounder = f64x2.splat(ROUNDER);
  const flips = i8x16.splat(-128);
  const width = <usize>columns;
  const weights = scales + (((width + 3) & ~3) << 3);
  const value = isDouble ? 3 : 2;
  let most = f64x2.splat(0);
  let odd = most;
  for (let row = 0; row < rows; row++) {
    const from = values + ((<usize>row * width) << value);
    const out = to + <usize>row * width;
    let whole = f64x2.splat(0);
    let wholeNext = whole;
    let high = whole;
    let highNext = whole;
    let low = whole;
    let lowNext = whole;
    for (let column: usize = 0; column < width; column += 4) {
      const at = column << 3;
      let one: v128;
      let next: v128;
      if (isDouble) {
        one = v128.load(from + at);
        next = v128.load(from + at, 16);
      } else {
        const four = v128.load(from + (at >> 1));
        one = f64x2.promote_low_f32x4(four);
        next = f64x2.promote_low_f32x4(v128.shuffle<i32>(four, four, 2, 3, 2, 3));
      }
      // Scales and weights beyond the last column are 0.
      one = f64x2.add(f64x2.mul(one, v128.load(scales + at)), rounder);
      next = f64x2.add(f64x2.mul(next, v128.load(scales + at, 16)), rounder);
      const integers = v128.shuffle<i32>(one, next, 0, 2, 4, 6);
      const highs = i32x4.shr_s(i32x4.add(integers, i32x4.splat(128)), 8);
      const lows = i32x4.sub(integers, i32x4.shl(highs, 8));
      const bytes = v128.shuffle<i8>(highs, lows, 0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
      const biased = v128.xor(bytes, flips);
      v128.store32_lane(out + column, bytes, 0);
      v128.store32_lane(out + apart + column, bytes, 1);
      v128.store32_lane(out + 2 * apart + column, biased, 0);
      v128.store32_lane(out + 3 * apart + column, biased, 1);
      one = f64x2.sub(one, rounder);
      next = f64x2.sub(next, rounder);
      most = f64x2.pmax(f64x2.pmax(most, f64x2.abs(one)), f64x2.abs(next)); // passes over NaN, which the sums keep
      const weight = v128.load(weights + at);
      const weightNext = v128.load(weights + at, 16);
      one = f64x2.mul(one, weight);
      next = f64x2.mul(next, weightNext);
      const rest = f64x2.mul(f64x2.convert_low_i32x4_s(lows), weight);
      const restNext = f64x2.mul(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(lows, lows, 2, 3, 2, 3)), weightNext);
      whole = f64x2.add(whole, f64x2.mul(one, one));
      wholeNext = f64x2.add(wholeNext, f64x2.mul(next, next));
      low = f64x2.add(low, f64x2.mul(rest, rest));
      lowNext = f64x2.add(lowNext, f64x2.mul(restNext, restNext));
      one = f64x2.sub(one, rest); // exact
      next = f64x2.sub(next, restNext);
      high = f64x2.add(high, f64x2.mul(one, one));
      highNext = f64x2.add(highNext, f64x2.mul(next, next));
    }
    const sums = squares + <usize>row * 24;
    store<f64>(sums, total(whole, wholeNext));
    store<f64>(sums, total(high, highNext), 8);
    store<f64>(sums, total(low, lowNext), 16);
    odd = f64x2.add(odd, f64x2.sub(f64x2.add(whole, wholeNext), f64x2.add(whole, wholeNext)));
  }
  most = f64x2.add(most, odd);
  return max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
}

function total(sums: v128, next: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1) + (f64x2.extract_lane(next, 0) + f64x2.extract_lane(next, 1));
}
