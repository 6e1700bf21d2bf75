import { MOST } from './byte-digits.js';
import { ROUND } from './chunk-planes.js';

/**
 * Hierarchical alternating least squares: rank-one updates in index order, each the minimiser of ‖A − ZD‖² in one column of
 * Z or one row of D while all else stays (docs/measures.md §1a). A column of Z is updated row by row: rows do not see each other.
 */

/** Rows that are updated side by side: one alone would wait for each addition. Every sum runs over the atoms in order, so that no bit depends on it. */
const SIDE = 4;

/**
 * One update of the codes of some rows. `codes` is rows × r from `start` on, `products` = A·Dᵀ rows × r, `gram` = D·Dᵀ. Codes are
 * rounded to multiples of 1/codeScale (powers of two, one an atom). The code of a zero atom is left as it is.
 */
export function updateCodes(
  codes: Float64Array,
  start: number,
  products: Float64Array,
  gram: Float64Array,
  codeScale: Float64Array,
  rows: number,
  r: number,
): void {
  const side = new Float64Array(SIDE * r);
  const sideProducts = new Float64Array(SIDE * r);
  const slopes = codeScale.map((_, j) => 1 / gram[j * r + j]!); // infinite for a zero atom
  for (let first = 0; first < rows; first += SIDE) {
    const count = Math.min(SIDE, rows - first);
    for (let t = 0; t < count; t++) {
      for (let j = 0; j < r; j++) {
        side[j * SIDE + t] = codes[start + (first + t) * r + j]!;
        sideProducts[j * SIDE + t] = products[(first + t) * r + j]!;
      }
    }
    for (let j = 0; j < r; j++) if (gram[j * r + j]! > 0) updateOne(side, sideProducts, gram, j, r, slopes[j]!, codeScale[j]!);
    for (let t = 0; t < count; t++) for (let j = 0; j < r; j++) codes[start + (first + t) * r + j] = side[j * SIDE + t]!;
  }
}

function updateOne(side: Float64Array, products: Float64Array, gram: Float64Array, j: number, r: number, slope: number, scale: number): void {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let l = 0, at = 0, from = j * r; l < r; l++, at += SIDE) {
    const g = gram[from + l]!;
    s0 += g * side[at]!;
    s1 += g * side[at + 1]!;
    s2 += g * side[at + 2]!;
    s3 += g * side[at + 3]!;
  }
  const at = j * SIDE;
  side[at] = rounded(side[at]! + (products[at]! - s0) * slope, scale);
  side[at + 1] = rounded(side[at + 1]! + (products[at + 1]! - s1) * slope, scale);
  side[at + 2] = rounded(side[at + 2]! + (products[at + 2]! - s2) * slope, scale);
  side[at + 3] = rounded(side[at + 3]! + (products[at + 3]! - s3) * slope, scale);
}

/** The nearest multiple of 1/scale that is a code: at least 0, at most 24 bits. */
function rounded(value: number, scale: number): number {
  const q = value * scale + ROUND - ROUND;
  return q > 0 ? (q < MOST ? q : MOST) / scale : 0;
}

/**
 * One update of the atoms (r × d), from `codesRows` = ZᵀA (r × d) and `codesGram` = ZᵀZ (r × r). Columns do not see each other.
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
