import { correlation, dot, ranksOf } from './spearman.js';

/** What is left of a column below this share of its length counts as rounding: the column lies in the span of the others. */
const NOTHING = 1e-10;

/**
 * Partial rank correlation (docs/measures.md §8): Pearson of what is left of the mid-ranks of a and of b after least squares
 * on a constant and the mid-ranks of the covariates, in [−1, 1]. Covariates may be constant or collinear. 0 where nothing is
 * left of a or of b.
 */
export function partialRank(a: ArrayLike<number>, b: ArrayLike<number>, covariates: readonly ArrayLike<number>[]): number {
  const basis = orthonormal(covariates.map((values, i) => ranksOf(values, `covariates[${i}]`, a.length)));
  const [left, right] = [remainder(ranksOf(a, 'a', a.length), basis), remainder(ranksOf(b, 'b', a.length), basis)];
  return left && right ? correlation(left, right) : 0;
}

/** An orthonormal basis of the columns' span (Gram–Schmidt); centred columns are orthogonal to the constant already. */
function orthonormal(columns: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const column of columns) {
    const rest = remainder(column, basis);
    if (!rest) continue;
    const length = Math.sqrt(dot(rest, rest));
    basis.push(rest.map((value) => value / length));
  }
  return basis;
}

/** The part of a column orthogonal to the basis, or nothing. Projected out twice, which makes it orthogonal to the last digits. */
function remainder(column: Float64Array, basis: readonly Float64Array[]): Float64Array | undefined {
  const rest = column.slice();
  for (let pass = 0; pass < 2; pass++)
    for (const direction of basis) {
      const weight = dot(rest, direction);
      for (let i = 0; i < rest.length; i++) rest[i]! -= weight * direction[i]!;
    }
  return Math.sqrt(dot(rest, rest)) > NOTHING * Math.sqrt(dot(column, column)) ? rest : undefined;
}
