/**
 * Lowers `min` and raises `max` of each column by the values of some rows. NaN leaves them as they are.
 *
 * @param values float32, or float64 where `isDouble`, rows × columns; the 16 bytes after the last count too, but in no column
 * @param min of the values' type, one a column; up to 15 bytes after the last are written over
 * @param max the same
 * @returns whether a value is NaN or infinite
 */
export function columnExtremes(values: usize, isDouble: i32, rows: i32, columns: i32, min: usize, max: usize): bool {
  return isDouble ? extremesOf<f64>(values, rows, columns, min, max) : extremesOf<f32>(values, rows, columns, min, max);
}

function extremesOf<T>(values: usize, rows: i32, columns: i32, min: usize, max: usize): bool {
  const width = <usize>columns * sizeof<T>();
  let odd = i32x4.splat(0);
  for (let at: usize = 0; at < width; at += 16) {
    let least = v128.load(min + at);
    let greatest = v128.load(max + at);
    let from = values + at;
    for (let row = 0; row < rows; row++, from += width) {
      const value = v128.load(from);
      least = v128.pmin<T>(least, value);
      greatest = v128.pmax<T>(greatest, value);
      // A finite value less itself is 0, all bits of it; NaN and infinities give NaN.
      odd = v128.or(odd, v128.sub<T>(value, value));
    }
    v128.store(min + at, least);
    v128.store(max + at, greatest);
  }
  return v128.any_true(odd);
}
