/**
 * Products from their levels: (…(level_0·256 + level_1)·256 + …)·unit, float64.
 *
 * @param levels int32, rows × [level_0 | … | level_last], each of `columns`; `pitch` bytes from row to row
 * @param units one a column
 * @param out rows × columns
 */
export function joinLevels(levels: usize, pitch: usize, rows: i32, columns: i32, count: i32, units: usize, out: usize): void {
  const width = (<usize>columns) << 2;
  const pairs = (<usize>(columns & ~1)) << 2;
  for (let row = 0; row < rows; row++, levels += pitch) {
    for (let at: usize = 0; at < pairs; at += 8, out += 16) v128.store(out, joined(levels + at, width, count, units + (at << 1)));
    if (columns & 1) {
      v128.store64_lane(out, joined(levels + pairs, width, count, units + (pairs << 1)), 0);
      out += 8;
    }
  }
}

function joined(level: usize, width: usize, count: i32, units: usize): v128 {
  let value = f64x2.convert_low_i32x4_s(v128.load64_zero(level));
  for (let more = 1; more < count; more++) {
    level += width;
    value = f64x2.add(f64x2.mul(value, f64x2.splat(256)), f64x2.convert_low_i32x4_s(v128.load64_zero(level)));
  }
  return f64x2.mul(value, v128.load(units));
}
