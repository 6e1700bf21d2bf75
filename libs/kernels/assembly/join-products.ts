/**
 * Products of numbers of two digits from the products of their digits: (top·256 + left + right)·256 + bottom, float64. Exact where left
 * and right together fit int32.
 *
 * @param top int32, rows × columns, as the three others
 * @param isAdded whether to what is in `out`
 * @param out rows × columns, float64
 * @param pitch bytes from a row of `out` to the next
 */
export function joinProducts(
  top: usize,
  left: usize,
  right: usize,
  bottom: usize,
  rows: i32,
  columns: i32,
  isAdded: i32,
  out: usize,
  pitch: usize,
): void {
  const fours = columns & ~3;
  const weight = f64x2.splat(256);
  let at: usize = 0;
  for (let row = 0; row < rows; row++, out += pitch) {
    let to = out;
    for (let column = 0; column < fours; column += 4, at += 16, to += 32) {
      const high = v128.load(top + at);
      const middle = i32x4.add(v128.load(left + at), v128.load(right + at));
      const low = v128.load(bottom + at);
      let first = joined(high, middle, low, weight);
      let second = joined(upper(high), upper(middle), upper(low), weight);
      if (isAdded) {
        first = f64x2.add(first, v128.load(to));
        second = f64x2.add(second, v128.load(to, 16));
      }
      v128.store(to, first);
      v128.store(to, second, 16);
    }
    for (let column = fours; column < columns; column++, at += 4, to += 8) {
      const middle = <f64>(load<i32>(left + at) + load<i32>(right + at));
      const value = (<f64>load<i32>(top + at) * 256 + middle) * 256 + <f64>load<i32>(bottom + at);
      store<f64>(to, isAdded ? load<f64>(to) + value : value);
    }
  }
}

function upper(values: v128): v128 {
  return v128.shuffle<i32>(values, values, 2, 3, 2, 3);
}

function joined(high: v128, middle: v128, low: v128, weight: v128): v128 {
  const both = f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_s(high), weight), f64x2.convert_low_i32x4_s(middle));
  return f64x2.add(f64x2.mul(both, weight), f64x2.convert_low_i32x4_s(low));
}
