import { integerAt, integersOver, type ColumnIntegers, type IntegerSums } from '@fathom/exact';

/**
 * Means and scales of columns over some of the groups of rows, in units of their fixed point (docs/measures.md §3.1, §10.2).
 * A mean is held as an integer near it and the rest, so that sums can be centred on the integer without rounding.
 */
export interface ColumnStandard {
  /** Rows of these groups. */
  readonly rows: number;
  /** The integer nearest to the mean of each column. */
  readonly middle: Float64Array;
  /** The mean less that integer, in [−½, ½]. */
  readonly rest: Float64Array;
  /** Sum of squared distances from the mean; exactly 0 for a constant column. */
  readonly energy: Float64Array;
  /** One over the population standard deviation; 0 for a constant column, which so counts as nothing. */
  readonly inverse: Float64Array;
}

/**
 * @param columns sums of all groups
 * @param count columns
 * @param groups which groups, of which at least one has rows
 * @param rows rows of each group
 */
export function columnStandard(columns: ColumnIntegers, count: number, groups: readonly number[], rows: Float64Array): ColumnStandard {
  const n = groups.reduce((sum, group) => sum + rows[group]!, 0);
  const sum = integersOver(columns.sum, groups, count);
  const squares = integersOver(columns.squares, groups, count);
  const standard = {
    rows: n,
    middle: new Float64Array(count),
    rest: new Float64Array(count),
    energy: new Float64Array(count),
    inverse: new Float64Array(count),
  };
  for (let column = 0; column < count; column += 1) {
    const total = integerAt(sum, column);
    const middle = Math.round(total / n);
    const rest = total - n * middle;
    const around = aroundMiddle(squares, sum, column, n, middle);
    const energy = around - (rest * rest) / n;
    standard.middle[column] = middle;
    standard.rest[column] = rest / n;
    standard.energy[column] = around > 0 && energy > 0 ? energy : 0;
    standard.inverse[column] = around > 0 && energy > 0 ? 1 / Math.sqrt(energy / n) : 0;
  }
  return standard;
}

/** Σ(q − middle)² of a column, rounded once: with two limbs Σq² is far beyond 2⁵³, and most of it may cancel. */
function aroundMiddle(squares: IntegerSums, sum: IntegerSums, column: number, n: number, middle: number): number {
  if (squares.high === undefined) return squares.low[column]! - 2 * middle * sum.low[column]! + n * middle * middle;
  const m = BigInt(middle);
  return Number(wholeAt(squares, column) - 2n * m * wholeAt(sum, column) + BigInt(n) * m * m);
}

function wholeAt({ low, high }: IntegerSums, at: number): bigint {
  return BigInt(low[at]!) + BigInt(high?.[at] ?? 0) * 4_294_967_296n;
}
