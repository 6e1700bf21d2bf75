const STEP = 1 / 256;

/** A diagonal matrix times a matrix. */
export interface RowFactors {
  /** The diagonal. */
  readonly factors: Float64Array;
  /** As many rows, row-major. */
  readonly matrix: Float64Array;
}

/**
 * Puts the levels of a product by digits together, the one of the smallest weight first:
 * ((C_{t−1}/256 + C_{t−2})/256 + … + C_0) divided by the scales of its row and column. It is written, or subtracted from what is there.
 *
 * @param sums the exact sums C_l, level after level, rows × columns each
 * @param rowScale of all rows of the left operand, of which firstRow is the first here
 * @param inverse 1/scale of each column
 * @param plus what is added to what is written: row i of `matrix`, which is as wide, times factors[i]
 */
export function combineLevels(
  sums: Int32Array | Float64Array,
  levels: number,
  rowScale: Float64Array,
  firstRow: number,
  rows: number,
  inverse: Float64Array,
  out: Float64Array,
  offset: number,
  stride: number,
  subtract: boolean,
  plus?: RowFactors,
): void {
  const columns = inverse.length;
  const area = rows * columns;
  const line = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1) {
    const lowest = row * columns;
    line.fill(0);
    let level = levels - 1;
    if (level % 2 === 1) addLevel(line, sums, lowest + level * area);
    for (level -= level % 2; level > 0; level -= 2) addLevels(line, sums, lowest + level * area, lowest + (level - 1) * area);
    const factor = 1 / rowScale[firstRow + row]!;
    const to = offset + row * stride;
    if (subtract) subtractLine(out, to, line, sums, lowest, factor, inverse);
    else if (plus === undefined) writeLine(out, to, line, sums, lowest, factor, inverse);
    else writeSum(out, to, line, sums, lowest, factor, inverse, plus.factors[firstRow + row]!, plus.matrix, (firstRow + row) * columns);
  }
}

function addLevel(line: Float64Array, sums: Int32Array | Float64Array, from: number): void {
  for (let column = 0; column < line.length; column += 1) line[column] = line[column]! * STEP + sums[from + column]!;
}

/** Two levels one after the other. */
function addLevels(line: Float64Array, sums: Int32Array | Float64Array, upper: number, lower: number): void {
  for (let column = 0; column < line.length; column += 1)
    line[column] = (line[column]! * STEP + sums[upper + column]!) * STEP + sums[lower + column]!;
}

/** Adds level 0, and undoes the scales. */
function writeLine(
  out: Float64Array,
  to: number,
  line: Float64Array,
  sums: Int32Array | Float64Array,
  lowest: number,
  factor: number,
  inverse: Float64Array,
): void {
  for (let column = 0; column < line.length; column += 1)
    out[to + column] = (line[column]! * STEP + sums[lowest + column]!) * factor * inverse[column]!;
}

/** As {@link writeLine}, plus a multiple of a row. */
function writeSum(
  out: Float64Array,
  to: number,
  line: Float64Array,
  sums: Int32Array | Float64Array,
  lowest: number,
  factor: number,
  inverse: Float64Array,
  multiple: number,
  matrix: Float64Array,
  from: number,
): void {
  for (let column = 0; column < line.length; column += 1)
    out[to + column] = (line[column]! * STEP + sums[lowest + column]!) * factor * inverse[column]! + multiple * matrix[from + column]!;
}

function subtractLine(
  out: Float64Array,
  to: number,
  line: Float64Array,
  sums: Int32Array | Float64Array,
  lowest: number,
  factor: number,
  inverse: Float64Array,
): void {
  for (let column = 0; column < line.length; column += 1)
    out[to + column] = out[to + column]! - (line[column]! * STEP + sums[lowest + column]!) * factor * inverse[column]!;
}
