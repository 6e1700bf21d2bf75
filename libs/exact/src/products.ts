import { requireLength } from './require-length.js';

const TILE = 4; // columns by columns of the result that are summed in registers at once
const SLAB = 256; // steps of the summed dimension that are packed at once: bounds the scratch space

/**
 * out += AᵀB, row-major: A is rows × left, B is rows × right, out is left × right.
 * The order of the sums depends on the shape alone.
 */
export function addTransposedProduct(out: Float64Array, a: Float64Array, left: number, b: Float64Array, right: number, rows: number): void {
  requireLength('out', out, left * right);
  requireLength('a', a, rows * left);
  requireLength('b', b, rows * right);
  const steps = Math.min(SLAB, rows);
  const packedA = panels(left, steps);
  const packedB = panels(right, steps);
  for (let start = 0; start < rows; start += SLAB) {
    const depth = Math.min(SLAB, rows - start);
    packColumns(packedA, a, start, depth, left);
    packColumns(packedB, b, start, depth, right);
    addTiles(out, packedA, left, packedB, right, depth, false);
  }
}

/**
 * The lower triangle (with the diagonal) of out += AᵀA, row-major: A is rows × columns, out is columns × columns.
 * What is above the diagonal stays as it was; {@link mirrorLower} fills it.
 */
export function addGram(out: Float64Array, a: Float64Array, columns: number, rows: number): void {
  requireLength('out', out, columns * columns);
  requireLength('a', a, rows * columns);
  const packed = panels(columns, Math.min(SLAB, rows));
  for (let start = 0; start < rows; start += SLAB) {
    const depth = Math.min(SLAB, rows - start);
    packColumns(packed, a, start, depth, columns);
    addTiles(out, packed, columns, packed, columns, depth, true);
  }
}

/** out += AB, row-major: A is rows × inner, B is inner × columns, out is rows × columns. */
export function addProduct(out: Float64Array, a: Float64Array, rows: number, inner: number, b: Float64Array, columns: number): void {
  requireLength('out', out, rows * columns);
  requireLength('a', a, rows * inner);
  requireLength('b', b, inner * columns);
  const steps = Math.min(SLAB, inner);
  const packedA = panels(TILE, steps);
  const packedB = panels(columns, steps);
  for (let start = 0; start < inner; start += SLAB) {
    const depth = Math.min(SLAB, inner - start);
    packColumns(packedB, b, start, depth, columns);
    for (let row = 0; row < rows; row += TILE) {
      const height = Math.min(TILE, rows - row);
      packRows(packedA, a, row, height, start, depth, inner);
      addTiles(out.subarray(row * columns, (row + height) * columns), packedA, height, packedB, columns, depth, false);
    }
  }
}

/** Copies what is below the diagonal of a square row-major matrix to above it. */
export function mirrorLower(matrix: Float64Array, size: number): void {
  requireLength('matrix', matrix, size * size);
  for (let row = 1; row < size; row += 1) {
    for (let column = 0; column < row; column += 1) matrix[column * size + row] = matrix[row * size + column]!;
  }
}

function panels(width: number, depth: number): Float64Array {
  return new Float64Array(Math.ceil(width / TILE) * TILE * depth);
}

/** Panels of four columns, each contiguous, so that the innermost loop reads both factors in sequence. */
function packColumns(packed: Float64Array, source: Float64Array, start: number, depth: number, columns: number): void {
  let at = 0;
  for (let first = 0; first < columns; first += TILE) {
    const width = Math.min(TILE, columns - first);
    for (let step = 0; step < depth; step += 1, at += TILE) {
      const from = (start + step) * columns + first;
      for (let column = 0; column < TILE; column += 1) packed[at + column] = column < width ? source[from + column]! : 0;
    }
  }
}

/** One panel of up to four rows, transposed. */
function packRows(packed: Float64Array, source: Float64Array, row: number, height: number, start: number, depth: number, columns: number): void {
  for (let line = 0; line < TILE; line += 1) {
    const from = (row + line) * columns + start;
    for (let step = 0; step < depth; step += 1) packed[step * TILE + line] = line < height ? source[from + step]! : 0;
  }
}

function addTiles(out: Float64Array, a: Float64Array, left: number, b: Float64Array, right: number, depth: number, lowerOnly: boolean): void {
  const tile = new Float64Array(TILE * TILE);
  for (let i = 0; i < left; i += TILE) {
    const height = Math.min(TILE, left - i);
    const end = lowerOnly ? i + 1 : right;
    for (let j = 0; j < end; j += TILE) {
      multiplyPanels(tile, a, i * depth, b, j * depth, depth);
      for (let u = 0; u < height; u += 1) {
        const width = Math.min(TILE, (lowerOnly ? i + u + 1 : right) - j);
        const to = (i + u) * right + j;
        for (let v = 0; v < width; v += 1) out[to + v] = out[to + v]! + tile[u * TILE + v]!;
      }
    }
  }
}

/** Sixteen sums at once: each of the eight numbers read takes part in four products. */
// prettier-ignore
function multiplyPanels(tile: Float64Array, a: Float64Array, atA: number, b: Float64Array, atB: number, depth: number): void {
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0;
  let s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0;
  let s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  for (let step = 0; step < depth; step += 1) {
    const i = atA + TILE * step;
    const j = atB + TILE * step;
    const b0 = b[j]!;
    const b1 = b[j + 1]!;
    const b2 = b[j + 2]!;
    const b3 = b[j + 3]!;
    const a0 = a[i]!;
    s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3;
    const a1 = a[i + 1]!;
    s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3;
    const a2 = a[i + 2]!;
    s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3;
    const a3 = a[i + 3]!;
    s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3;
  }
  tile[0] = s00; tile[1] = s01; tile[2] = s02; tile[3] = s03;
  tile[4] = s10; tile[5] = s11; tile[6] = s12; tile[7] = s13;
  tile[8] = s20; tile[9] = s21; tile[10] = s22; tile[11] = s23;
  tile[12] = s30; tile[13] = s31; tile[14] = s32; tile[15] = s33;
}
