/**
 * Replaces the upper triangle of a symmetric positive definite matrix A by U, with A = UᵀU: every value is divided by its pivot once all
 * products were taken off, in the order of the rows. What is below the diagonal is written over.
 *
 * @param matrix float64, size × size, and room for one more
 * @returns the first row whose pivot's square is not above 0, with that in the pivot's place; −1 where there is none
 */
export function factorise(matrix: usize, size: i32): i32 {
  const width = (<usize>size) << 3;
  for (let row = 0, at = matrix; row < size; row++, at += width) {
    const diagonal = (<usize>row) << 3;
    const square = load<f64>(at + diagonal);
    if (!(square > 0)) return row;
    const pivot = sqrt(square);
    store<f64>(at + diagonal, pivot);
    for (let column = diagonal + 8; column < width; column += 8) store<f64>(at + column, load<f64>(at + column) / pivot);
    for (let column = diagonal + 8, to = at + width; column < width; column += 8, to += width) {
      const factor = v128.load64_splat(at + column);
      for (let other = column & ~15; other < width; other += 16)
        v128.store(to + other, f64x2.sub(v128.load(to + other), f64x2.mul(factor, v128.load(at + other))));
    }
  }
  return -1;
}
