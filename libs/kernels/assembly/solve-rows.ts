/** Rows that are solved at a time. */
const FOUR: usize = 32;

/**
 * Solves XLᵀ = B in place: each row's values from the first to the last, each sum in the order of its columns.
 *
 * @param factor L, float64, size × size
 * @param inverse 1 over each value of its diagonal
 * @param x rows × size values, `pitch` bytes from row to row
 * @param turned room for four rows
 */
export function solveRows(factor: usize, inverse: usize, size: i32, x: usize, pitch: usize, rows: i32, turned: usize): void {
  for (let row = 0; row < rows; row += 4, x += 4 * pitch) {
    const count = min(4, rows - row);
    for (let r = 0; r < count; r++)
      for (let at = 0; at < size; at++)
        store<f64>(turned + <usize>at * FOUR + ((<usize>r) << 3), load<f64>(x + <usize>r * pitch + ((<usize>at) << 3)));
    solveFour(factor, inverse, size, turned);
    for (let r = 0; r < count; r++)
      for (let at = 0; at < size; at++)
        store<f64>(x + <usize>r * pitch + ((<usize>at) << 3), load<f64>(turned + <usize>at * FOUR + ((<usize>r) << 3)));
  }
}

/** Four rows, side by side, two columns at a time. */
function solveFour(factor: usize, inverse: usize, size: i32, x: usize): void {
  const width = (<usize>size) << 3;
  let j = 0;
  for (; j + 1 < size; j += 2) {
    const f = factor + <usize>j * width;
    const g = f + width;
    const to = x + <usize>j * FOUR;
    let s0 = v128.load(to);
    let s1 = v128.load(to, 16);
    let t0 = v128.load(to, 32);
    let t1 = v128.load(to, 48);
    const end = (<usize>j) << 3;
    for (let l: usize = 0, from = x; l < end; l += 8, from += FOUR) {
      const x0 = v128.load(from);
      const x1 = v128.load(from, 16);
      const p = v128.load64_splat(f + l);
      const q = v128.load64_splat(g + l);
      s0 = f64x2.sub(s0, f64x2.mul(p, x0));
      s1 = f64x2.sub(s1, f64x2.mul(p, x1));
      t0 = f64x2.sub(t0, f64x2.mul(q, x0));
      t1 = f64x2.sub(t1, f64x2.mul(q, x1));
    }
    const u = v128.load64_splat(inverse + end);
    const v = v128.load64_splat(inverse + end + 8);
    const w = v128.load64_splat(g + end);
    s0 = f64x2.mul(s0, u);
    s1 = f64x2.mul(s1, u);
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, f64x2.mul(f64x2.sub(t0, f64x2.mul(w, s0)), v), 32);
    v128.store(to, f64x2.mul(f64x2.sub(t1, f64x2.mul(w, s1)), v), 48);
  }
  if (j < size) solveLast(factor + <usize>j * width, inverse + ((<usize>j) << 3), j, x);
}

function solveLast(f: usize, inverse: usize, j: i32, x: usize): void {
  const to = x + <usize>j * FOUR;
  let s0 = v128.load(to);
  let s1 = v128.load(to, 16);
  const end = (<usize>j) << 3;
  for (let l: usize = 0, from = x; l < end; l += 8, from += FOUR) {
    const p = v128.load64_splat(f + l);
    s0 = f64x2.sub(s0, f64x2.mul(p, v128.load(from)));
    s1 = f64x2.sub(s1, f64x2.mul(p, v128.load(from, 16)));
  }
  const u = v128.load64_splat(inverse);
  v128.store(to, f64x2.mul(s0, u));
  v128.store(to, f64x2.mul(s1, u), 16);
}
