/**
 * Updates of hierarchical alternating least squares (docs/measures.md §1a): one of a pair of factors after another, each from
 * all the others of its row or column, summed in their order. Lanes are rows, or columns: these do not see each other. float64.
 */

/**
 * One update of the codes first..last−1 of each row.
 *
 * @param source codes, rows × r
 * @param target where all codes go, of the same shape; may be the source
 * @param products of rows with atoms, rows × r
 * @param gram those of atoms with one another, its rows first..last−1; where the square of an atom is 0, its codes stay
 * @param side room for 16·r + 8 values
 */
export function updateCodes(source: usize, target: usize, products: usize, gram: usize, first: i32, last: i32, rows: i32, r: i32, side: usize): void {
  const pitch = (<usize>r) << 3;
  const sideProducts = side + (pitch << 3);
  for (let row = 0; row < rows; row += 8) {
    const at = <usize>row * pitch;
    const count = min(8, rows - row);
    interleave(source + at, count, r, side);
    interleave(products + at, count, r, sideProducts);
    let line = gram;
    for (let j = first; j < last; j++, line += pitch) {
      const place = (<usize>j) << 6;
      const square = load<f64>(line + ((<usize>j) << 3));
      if (square > 0) updateEight(side, side + place, sideProducts + place, line, pitch, 1 / square);
    }
    separate(side, count, r, target + at);
  }
}

/** Eight codes become max(0, code + (product − Σ gram·codes)·slope). */
function updateEight(codes: usize, code: usize, product: usize, gram: usize, size: usize, slope: f64): void {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (const end = gram + size; gram < end; gram += 8, codes += 64) {
    const weight = v128.load64_splat(gram);
    a = f64x2.add(a, f64x2.mul(weight, v128.load(codes)));
    b = f64x2.add(b, f64x2.mul(weight, v128.load(codes, 16)));
    c = f64x2.add(c, f64x2.mul(weight, v128.load(codes, 32)));
    d = f64x2.add(d, f64x2.mul(weight, v128.load(codes, 48)));
  }
  const slopes = f64x2.splat(slope);
  v128.store(code, moved(v128.load(code), f64x2.mul(f64x2.sub(v128.load(product), a), slopes)));
  v128.store(code, moved(v128.load(code, 16), f64x2.mul(f64x2.sub(v128.load(product, 16), b), slopes)), 16);
  v128.store(code, moved(v128.load(code, 32), f64x2.mul(f64x2.sub(v128.load(product, 32), c), slopes)), 32);
  v128.store(code, moved(v128.load(code, 48), f64x2.mul(f64x2.sub(v128.load(product, 48), d), slopes)), 48);
}

function moved(value: v128, by: v128): v128 {
  return positive(f64x2.add(value, by));
}

/** The value, or 0 where it is negative; exact. */
function positive(value: v128): v128 {
  return f64x2.mul(f64x2.splat(0.5), f64x2.add(value, f64x2.abs(value)));
}

/** Up to eight rows, value by value; where there are fewer, the last one more than once. Writes eight values more where r is odd. */
function interleave(rows: usize, count: i32, r: i32, to: usize): void {
  const pitch = (<usize>r) << 3;
  for (let pair = 0; pair < 8; pair += 2, to += 16) {
    const one = rows + <usize>min(pair, count - 1) * pitch;
    const other = rows + <usize>min(pair + 1, count - 1) * pitch;
    for (let at: usize = 0; at < pitch; at += 16) {
      const a = v128.load(one + at);
      const b = v128.load(other + at);
      v128.store(to + (at << 3), v128.shuffle<i64>(a, b, 0, 2));
      v128.store(to + (at << 3), v128.shuffle<i64>(a, b, 1, 3), 64);
    }
  }
}

/** The first `count` of eight rows, one after another again. */
function separate(from: usize, count: i32, r: i32, rows: usize): void {
  const pitch = (<usize>r) << 3;
  for (let row = 0; row < count; row++, from += 8)
    for (let at: usize = 0; at < pitch; at += 8, rows += 8) store<f64>(rows, load<f64>(from + (at << 3)));
}

/**
 * Codes go beyond their update and are rounded: to min(most, round(max(0, code + reach·(code − before))·scale))·unit.
 *
 * @param codes rows × r
 * @param before of the same shape
 * @param scales one power of two a column; then, from the next multiple of two values on, their inverses
 */
export function settleCodes(codes: usize, before: usize, scales: usize, rows: i32, r: i32, most: f64, reach: f64): void {
  const pairs = (<usize>(r & ~1)) << 3;
  const units = scales + ((<usize>((r + 1) & ~1)) << 3);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < pairs; at += 16, codes += 16, before += 16)
      v128.store(codes, settled(codes, before, scales + at, units + at, most, reach));
    if (r & 1) {
      v128.store64_lane(codes, settled(codes, before, scales + pairs, units + pairs, most, reach), 0);
      codes += 8;
      before += 8;
    }
  }
}

function settled(codes: usize, before: usize, scale: usize, unit: usize, most: f64, reach: f64): v128 {
  const rounder = f64x2.splat(6755399441055744);
  const code = v128.load(codes);
  const beyond = moved(code, f64x2.mul(f64x2.splat(reach), f64x2.sub(code, v128.load(before))));
  const rounded = f64x2.sub(f64x2.add(f64x2.mul(beyond, v128.load(scale)), rounder), rounder);
  return f64x2.mul(f64x2.pmin(f64x2.splat(most), rounded), v128.load(unit));
}

/**
 * One update of the atoms first..last−1.
 *
 * @param atoms r × columns, a multiple of eight columns; `pitch` bytes from row to row
 * @param products of codes with rows, of the same shape
 * @param gram products of codes with one another, its rows first..last−1; where the square of an atom's codes is 0, it stays
 */
export function updateAtoms(atoms: usize, products: usize, pitch: usize, gram: usize, first: i32, last: i32, r: i32, columns: i32): void {
  const width = (<usize>columns) << 3;
  for (let j = first; j < last; j++, gram += (<usize>r) << 3) {
    const curvature = load<f64>(gram + ((<usize>j) << 3));
    const line = <usize>j * pitch;
    if (curvature > 0)
      for (let at: usize = 0; at < width; at += 64)
        updateEightColumns(atoms + at, atoms + line + at, products + line + at, pitch, gram, r, curvature);
  }
}

/** Eight values of an atom become max(0, value + (product − gram·value − …)/curvature). */
function updateEightColumns(atoms: usize, atom: usize, product: usize, pitch: usize, gram: usize, r: i32, curvature: f64): void {
  let a = v128.load(product);
  let b = v128.load(product, 16);
  let c = v128.load(product, 32);
  let d = v128.load(product, 48);
  for (const end = gram + ((<usize>r) << 3); gram < end; gram += 8, atoms += pitch) {
    const weight = v128.load64_splat(gram);
    a = f64x2.sub(a, f64x2.mul(weight, v128.load(atoms)));
    b = f64x2.sub(b, f64x2.mul(weight, v128.load(atoms, 16)));
    c = f64x2.sub(c, f64x2.mul(weight, v128.load(atoms, 32)));
    d = f64x2.sub(d, f64x2.mul(weight, v128.load(atoms, 48)));
  }
  const divisor = f64x2.splat(curvature);
  v128.store(atom, moved(v128.load(atom), f64x2.div(a, divisor)));
  v128.store(atom, moved(v128.load(atom, 16), f64x2.div(b, divisor)), 16);
  v128.store(atom, moved(v128.load(atom, 32), f64x2.div(c, divisor)), 32);
  v128.store(atom, moved(v128.load(atom, 48), f64x2.div(d, divisor)), 48);
}
