const STEP: f64 = 1.0 / 256.0;

/**
 * Rows of out = ((C_{t−1}/256 + C_{t−2})/256 + … + C_0)·rowFactor·columnFactor. Pitches are bytes from row to row.
 *
 * @param sums the exact sums C_l, int32, rows × columns each
 * @param apart bytes from one level to the next
 * @param rowFactors one a row
 * @param columnFactors one a column
 * @param mode 0: written; 1: subtracted from `there`; 2: `there`, times `multiples`, one a row, is added
 * @param there float64, rows × columns; read where the mode is 1 or 2
 * @param out float64, rows × columns; may be `there`
 */
export function combineLevels(
  sums: usize,
  apart: usize,
  levels: i32,
  rows: i32,
  columns: i32,
  rowFactors: usize,
  columnFactors: usize,
  mode: i32,
  multiples: usize,
  there: usize,
  therePitch: usize,
  out: usize,
  outPitch: usize,
): void {
  const top = <usize>(levels - 1) * apart;
  const pairs = (<usize>(columns & ~1)) << 3;
  for (let row = 0; row < rows; row++, rowFactors += 8, multiples += 8) {
    const factor = v128.load64_splat(rowFactors);
    const multiple = mode === 2 ? v128.load64_splat(multiples) : f64x2.splat(0);
    for (let at: usize = 0; at < pairs; at += 16, sums += 8) {
      const value = f64x2.mul(f64x2.mul(twoSums(sums, top, apart), factor), v128.load(columnFactors + at));
      v128.store(out + at, placed(value, mode, multiple, there + at));
    }
    if (columns & 1) {
      const value = f64x2.mul(f64x2.mul(twoSums(sums, top, apart), factor), v128.load64_zero(columnFactors + pairs));
      v128.store64_lane(out + pairs, placed(value, mode, multiple, there + pairs), 0);
      sums += 4;
    }
    there += therePitch;
    out += outPitch;
  }
}

function twoSums(sums: usize, top: usize, apart: usize): v128 {
  const step = f64x2.splat(STEP);
  let value = f64x2.convert_low_i32x4_s(v128.load64_zero(sums + top));
  for (let at = top; at > 0;) {
    at -= apart;
    value = f64x2.add(f64x2.mul(value, step), f64x2.convert_low_i32x4_s(v128.load64_zero(sums + at)));
  }
  return value;
}

function placed(value: v128, mode: i32, multiple: v128, there: usize): v128 {
  if (mode === 0) return value;
  return mode === 1 ? f64x2.sub(v128.load(there), value) : f64x2.add(value, f64x2.mul(multiple, v128.load(there)));
}
