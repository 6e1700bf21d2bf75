/** Operations and bytes that each piece of work needs, counted beforehand: a multiplication and an addition are two. */

/**
 * K by sums, stage by stage, in operations on real numbers: what exact arithmetic would take at the least (docs/measures.md §3.2).
 * Training sums come from the total less a fold; the strengths are tried on at most 512 features; weights come from two triangular
 * solves with the Cholesky factor, and the error on a fold from one more product.
 */
export function complexityOperations({ rows, widths, features, folds = 5, alphas = 5 }) {
  const each = (of) => widths.reduce((sum, d) => sum + of(d), 0);
  const tuning = Math.min(512, features);
  return {
    gram: each((d) => rows * d * d),
    cross: each((d) => 2 * rows * d * features),
    factors: each((d) => ((folds - 1 + alphas) * d ** 3) / 3),
    solves: each((d) => 2 * d * d * ((folds - 1) * features + alphas * tuning)),
    scoring: each((d) => d * d * ((folds - 1) * features + alphas * tuning)),
  };
}

/**
 * Integer products that stand for one product of real numbers (docs/measures.md §10.3): sums over rows take two digits of 8 bits each,
 * so four; what is multiplied with all features takes three, so eight without the product of the last two; Cholesky factors take up to
 * seven, here counted with five, so fifteen.
 */
const DIGIT_PRODUCTS = { gram: 4, cross: 4, factors: 15, solves: 8, scoring: 8 };

/** The integer operations of the stages that {@link complexityOperations} counts: the arithmetic floor of an exact K. */
export function integerOperations(stages) {
  return Object.fromEntries(Object.entries(stages).map(([stage, operations]) => [stage, DIGIT_PRODUCTS[stage] * operations]));
}

/** Bytes that must be read for K: activations once, codes once a layer, in float32. */
export function complexityBytes({ rows, widths, features }) {
  return 4 * rows * widths.reduce((sum, d) => sum + d + features, 0);
}

/** One HALS sweep: products of rows with atoms and back, both Gram matrices, and the updates. */
export function nmfSweepOperations({ rows, columns, atoms }) {
  return 4 * rows * columns * atoms + 2 * (rows + columns) * atoms * atoms * 2;
}

/** A product of a matrix's columns with one another, by symmetry. */
export function gramOperations({ rows, columns }) {
  return rows * columns * (columns + 1);
}

/** One image of 28 × 28 pixels through the demo's network (models/fashion): its convolutions and its head. */
export const NETWORK_OPERATIONS = (() => {
  const conv = (side, inputs, outputs, kernel) => 2 * side * side * inputs * outputs * kernel * kernel;
  let [operations, inputs] = [conv(28, 1, 16, 3), 16];
  for (const [side, outputs] of [
    [28, 16],
    [14, 32],
    [7, 64],
  ])
    for (let block = 0; block < 3; block++) {
      operations += conv(side, inputs, outputs, 3) + conv(side, outputs, outputs, 3) + (inputs === outputs ? 0 : conv(side, inputs, outputs, 1));
      inputs = outputs;
    }
  return operations + 2 * inputs * 10;
})();

export const total = (stages) => Object.values(stages).reduce((sum, value) => sum + value, 0);
