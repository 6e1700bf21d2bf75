import { fmix32, Prng } from '@fathom/exact';

/** A small random layer and its codes: a constant channel, channels of different scales, a sparse and a dead feature. */
export function randomCase(seed: number, n: number, d: number, k: number): { x: Float64Array; z: Float64Array } {
  const prng = new Prng(seed, 'case');
  const x = Float64Array.from({ length: n * d }, (_, at) => (at % d === d - 1 ? 3.7 : (prng.gaussian() + 5) * 10 ** ((at % d) - 2)));
  const mixing = Float64Array.from({ length: d * k }, (_, at) => prng.gaussian() * 10 ** (2 - Math.floor(at / k)));
  const z = Float64Array.from({ length: n * k }, (_, at) => {
    const [row, feature] = [Math.floor(at / k), at % k];
    let value = 2 * prng.gaussian();
    for (let channel = 0; channel < d - 1; channel += 1) value += x[row * d + channel]! * mixing[channel * k + feature]!;
    if (feature === k - 1) return -0.3;
    return feature === 1 ? Math.max(0, value - 12) : value;
  });
  return { x, z };
}

export type Matrix = number[][];

/** Row arrays of a row-major matrix. */
export function toRows(values: Float64Array, columns: number): Matrix {
  return Array.from({ length: values.length / columns }, (_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
}

const columnMeans = (rows: Matrix): number[] => rows[0]!.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length);

/** Gauss–Jordan elimination with row exchanges: a method that the package does not use. */
function solve(matrix: Matrix, targets: Matrix): Matrix {
  const work = matrix.map((row, i) => [...row, ...targets[i]!]);
  for (let column = 0; column < work.length; column += 1) {
    const pivot = work.reduce((best, row, i) => (i >= column && Math.abs(row[column]!) > Math.abs(work[best]![column]!) ? i : best), column);
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    const head = work[column]!.map((value) => value / work[column]![column]!);
    work[column] = head;
    work.forEach((row, i) => {
      if (i !== column) work[i] = row.map((value, at) => value - row[column]! * head[at]!);
    });
  }
  return work.map((row) => row.slice(matrix.length));
}

/** docs/measures.md §3.1 to the letter: standardise the rows, solve, predict row by row. */
function naiveErrors(x: Matrix, z: Matrix, testFold: number, folds: number, alpha: number): { sse: number[]; sst: number[] } {
  const inTest = (_: unknown, row: number): boolean => fmix32(row) % folds === testFold;
  const training = x.filter((row, at) => !inTest(row, at));
  const targets = z.filter((row, at) => !inTest(row, at));
  const means = columnMeans(training);
  const scales = means.map((mean, channel) => {
    const constant = training.every((row) => row[channel] === training[0]![channel]);
    return constant ? 1 : Math.sqrt(training.reduce((sum, row) => sum + (row[channel]! - mean) ** 2, 0) / training.length);
  });
  const standardised = (rows: Matrix): Matrix => rows.map((row) => row.map((value, channel) => (value - means[channel]!) / scales[channel]!));
  const centre = columnMeans(targets);
  const a = standardised(training);
  const product = (left: Matrix, right: Matrix): Matrix =>
    left[0]!.map((_, i) => right[0]!.map((_unused, j) => left.reduce((sum, row, at) => sum + row[i]! * right[at]![j]!, 0)));
  const gram = product(a, a).map((row, i) => row.map((value, j) => value + (i === j ? alpha * a.length : 0)));
  const weights = solve(
    gram,
    product(
      a,
      targets.map((row) => row.map((value, j) => value - centre[j]!)),
    ),
  );
  const sse = centre.map(() => 0);
  const sst = centre.map(() => 0);
  const tested = standardised(x.filter(inTest));
  z.filter(inTest).forEach((row, at) => {
    row.forEach((value, j) => {
      const predicted = centre[j]! + tested[at]!.reduce((sum, channel, c) => sum + channel * weights[c]![j]!, 0);
      sse[j]! += (value - predicted) ** 2;
      sst[j]! += (value - centre[j]!) ** 2;
    });
  });
  return { sse, sst };
}

/** R² on fold 0 for one alpha, and over and on folds 1..folds−1; not clipped, 0 where SST is (next to) 0. */
export function naiveR2(x: Matrix, z: Matrix, folds: number, alpha: number): { tuning: number[]; whole: number[]; each: number[][] } {
  const ratio = (sse: number, sst: number): number => (sst > 1e-20 ? 1 - sse / sst : 0);
  const parts = Array.from({ length: folds }, (_, fold) => naiveErrors(x, z, fold, folds, alpha));
  const of = (part: { sse: number[]; sst: number[] }): number[] => part.sse.map((sse, j) => ratio(sse, part.sst[j]!));
  const sum = (name: 'sse' | 'sst', j: number): number => parts.slice(1).reduce((total, part) => total + part[name][j]!, 0);
  return { tuning: of(parts[0]!), whole: z[0]!.map((_, j) => ratio(sum('sse', j), sum('sst', j))), each: parts.slice(1).map(of) };
}
