/**
 * Rows of out = (x − y + Σ_t coefficient_t·vector_t)·scale·columnScale, the terms added in their order. float64; pitches are bytes from row to row.
 *
 * @param y of the same size as x, or 0 for none
 * @param coefficients of each row those of its terms, then its scale
 * @param vectors one a term, one value a column; from one to the next as many values as there are columns, and one more where that is odd
 * @param columnScales one a column, or 0 for none
 * @param out may be x
 */
export function centreRows(
  x: usize,
  xPitch: usize,
  y: usize,
  yPitch: usize,
  rows: i32,
  columns: i32,
  coefficients: usize,
  terms: i32,
  vectors: usize,
  columnScales: usize,
  out: usize,
  outPitch: usize,
): void {
  const pairs = (<usize>(columns & ~1)) << 3;
  const apart = (<usize>((columns + 1) & ~1)) << 3;
  const last = (<usize>terms) << 3;
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < pairs; at += 16) {
      const value = centred(x + at, y ? y + at : 0, coefficients, last, vectors + at, apart);
      v128.store(out + at, columnScales ? f64x2.mul(value, v128.load(columnScales + at)) : value);
    }
    if (columns & 1) {
      const value = centred(x + pairs, y ? y + pairs : 0, coefficients, last, vectors + pairs, apart);
      v128.store64_lane(out + pairs, columnScales ? f64x2.mul(value, v128.load64_zero(columnScales + pairs)) : value, 0);
    }
    coefficients += last + 8;
    x += xPitch;
    if (y) y += yPitch;
    out += outPitch;
  }
}

function centred(x: usize, y: usize, coefficients: usize, last: usize, vector: usize, apart: usize): v128 {
  let value = v128.load(x);
  if (y) value = f64x2.sub(value, v128.load(y));
  for (let term: usize = 0; term < last; term += 8, vector += apart)
    value = f64x2.add(value, f64x2.mul(v128.load64_splat(coefficients + term), v128.load(vector)));
  return f64x2.mul(value, v128.load64_splat(coefficients + last));
}

/** gain += Σ_rows weight·(image − value), row after row; gain is one a column. */
export function gainOfRows(
  weights: usize,
  weightPitch: usize,
  images: usize,
  imagePitch: usize,
  values: usize,
  valuePitch: usize,
  rows: i32,
  columns: i32,
  gain: usize,
): void {
  const pairs = (<usize>(columns & ~1)) << 3;
  for (let row = 0; row < rows; row++, weights += weightPitch, images += imagePitch, values += valuePitch) {
    for (let at: usize = 0; at < pairs; at += 16) v128.store(gain + at, gained(weights + at, images + at, values + at, gain + at));
    if (columns & 1) v128.store64_lane(gain + pairs, gained(weights + pairs, images + pairs, values + pairs, gain + pairs), 0);
  }
}

function gained(weight: usize, image: usize, value: usize, gain: usize): v128 {
  return f64x2.add(v128.load(gain), f64x2.mul(v128.load(weight), f64x2.sub(v128.load(image), v128.load(value))));
}
