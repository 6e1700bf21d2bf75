/**
 * Hierarchical alternating least squares: rank-one updates in index order, each the minimiser of ‖A − ZD‖² in one column of
 * Z or one row of D while all else stays (docs/measures.md §1a). A column of Z is updated row by row: rows do not see each other.
 */

/**
 * One update of the codes of some rows. `codes` is rows × r from `start` on, `products` = A·Dᵀ rows × r, `gram` = D·Dᵀ.
 * The code of a zero atom is left as it is.
 */
export function updateCodes(codes: Float64Array, start: number, products: Float64Array, gram: Float64Array, rows: number, r: number): void {
  for (let i = 0; i < rows; i++) {
    const z = start + i * r;
    for (let j = 0; j < r; j++) {
      const curvature = gram[j * r + j]!;
      if (!(curvature > 0)) continue;
      const moved = codes[z + j]! + (products[i * r + j]! - dot(gram, j * r, codes, z, r)) / curvature;
      codes[z + j] = moved > 0 ? moved : 0;
    }
  }
}

/** Inner product of two stretches of length r, in four interleaved sums: one alone would wait for each addition. */
function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, r: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let l = 0;
  for (; l + 3 < r; l += 4) {
    s0 += a[atA + l]! * b[atB + l]!;
    s1 += a[atA + l + 1]! * b[atB + l + 1]!;
    s2 += a[atA + l + 2]! * b[atB + l + 2]!;
    s3 += a[atA + l + 3]! * b[atB + l + 3]!;
  }
  for (; l < r; l++) s0 += a[atA + l]! * b[atB + l]!;
  return s0 + s1 + (s2 + s3);
}

/**
 * One update of the atoms (r × d), from `codesRows` = ZᵀA (r × d) and `codesGram` = ZᵀZ (r × r).
 * An atom that no row uses (its codes are all 0) is left as it is.
 */
export function updateAtoms(atoms: Float64Array, codesRows: Float64Array, codesGram: Float64Array, r: number, d: number): void {
  const slope = new Float64Array(d);
  for (let j = 0; j < r; j++) {
    const curvature = codesGram[j * r + j]!;
    if (!(curvature > 0)) continue;
    for (let c = 0; c < d; c++) slope[c] = codesRows[j * d + c]!;
    for (let l = 0; l < r; l++) {
      const weight = codesGram[j * r + l]!;
      if (weight === 0) continue;
      for (let c = 0; c < d; c++) slope[c] = slope[c]! - weight * atoms[l * d + c]!;
    }
    for (let c = 0; c < d; c++) {
      const moved = atoms[j * d + c]! + slope[c]! / curvature;
      atoms[j * d + c] = moved > 0 ? moved : 0;
    }
  }
}

/** ‖A − ZD‖²_F = ‖A‖² − 2⟨ZᵀA, D⟩ + ⟨ZᵀZ, DDᵀ⟩, at least 0. Good to about 1e-15 of ‖A‖². */
export function lossOf(energy: number, codesRows: Float64Array, atoms: Float64Array, codesGram: Float64Array, gram: Float64Array): number {
  let cross = 0;
  for (let at = 0; at < atoms.length; at++) cross += codesRows[at]! * atoms[at]!;
  let square = 0;
  for (let at = 0; at < gram.length; at++) square += codesGram[at]! * gram[at]!;
  return Math.max(0, energy - 2 * cross + square);
}
