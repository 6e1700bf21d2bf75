/** Sizes of a matrix's values; NaN where one is NaN. float64, row-major, `pitch` bytes from row to row. */

/** Each of `most`, one a column, becomes the largest of itself and the sizes of its column. */
export function largestOfColumns(values: usize, pitch: usize, rows: i32, columns: i32, most: usize): void {
  const pairs = (<usize>(columns & ~1)) << 3;
  for (let row = 0; row < rows; row++, values += pitch) {
    for (let at: usize = 0; at < pairs; at += 16) v128.store(most + at, f64x2.max(v128.load(most + at), f64x2.abs(v128.load(values + at))));
    if (columns & 1) store<f64>(most + pairs, max(load<f64>(most + pairs), abs(load<f64>(values + pairs))));
  }
}

/** The largest size of each row. */
export function largestOfRows(values: usize, pitch: usize, rows: i32, columns: i32, most: usize): void {
  const width = (<usize>columns) << 3;
  for (let row = 0; row < rows; row++, most += 8, values += pitch) {
    let first = f64x2.splat(0);
    let second = first;
    let odd = first; // all bits set where a value is NaN, which the quicker of the two maxima passes over
    let at: usize = 0;
    for (; at + 24 < width; at += 32) {
      const one = v128.load(values + at);
      const other = v128.load(values + at, 16);
      first = f64x2.pmax(first, f64x2.abs(one));
      second = f64x2.pmax(second, f64x2.abs(other));
      odd = v128.or(odd, v128.or(f64x2.ne(one, one), f64x2.ne(other, other)));
    }
    first = f64x2.pmax(first, second);
    let largest = max(f64x2.extract_lane(first, 0), f64x2.extract_lane(first, 1));
    for (; at < width; at += 8) largest = max(largest, abs(load<f64>(values + at)));
    store<f64>(most, v128.any_true(odd) ? NaN : largest);
  }
}
