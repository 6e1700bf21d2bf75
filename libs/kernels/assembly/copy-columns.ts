/**
 * Some columns of a matrix of bytes, side by side.
 *
 * @param from the first of them in the first row
 * @param pitch bytes from a row of `from` to the next
 * @param to rows × columns
 */
export function copyColumns(from: usize, pitch: usize, rows: i32, columns: i32, to: usize): void {
  for (let row = 0; row < rows; row++, from += pitch, to += columns) memory.copy(to, from, columns);
}
