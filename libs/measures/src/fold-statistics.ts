import { addGram, addTransposedProduct, foldOf, type RowStatistic } from '@fathom/exact';

import { widen } from './column-ranges.js';

/** Consecutive rows of activations and targets; `start` is the index of the first among all rows, for its fold. */
export interface PairedBlock {
  readonly start: number;
  readonly rows: number;
  /** rows × d */
  readonly x: Float64Array;
  /** rows × k */
  readonly z: Float64Array;
}

/** Sums over some of the rows, of values taken from a shift a column. */
export interface FoldSums {
  readonly rows: number;
  /** d */
  readonly sumX: Float64Array;
  /** k */
  readonly sumZ: Float64Array;
  /** XᵀX, d × d, row-major; the lower triangle alone is filled */
  readonly gram: Float64Array;
  /** XᵀZ, d × k, row-major */
  readonly cross: Float64Array;
  /** Σz², k */
  readonly energy: Float64Array;
}

/**
 * All that the probes of docs/measures.md §3 need to know of the rows, fold by fold: a probe that is trained on some
 * folds and tested on another is worked out from these sums alone. They take F·(d² + d·k) numbers, whatever n is.
 * Statistics that are merged have the same folds and shifts.
 */
export class FoldStatistics implements RowStatistic<PairedBlock> {
  private readonly d: number;
  private readonly k: number;
  private readonly sums: (FoldSums & { rows: number })[];
  /** Minima and maxima of the channels, folds × d, not shifted. */
  private readonly min: Float64Array;
  private readonly max: Float64Array;

  constructor(
    readonly folds: number,
    private readonly shiftX: Float64Array,
    private readonly shiftZ: Float64Array,
  ) {
    this.d = shiftX.length;
    this.k = shiftZ.length;
    this.sums = Array.from({ length: folds }, () => emptySums(this.d, this.k));
    this.min = new Float64Array(folds * this.d).fill(Infinity);
    this.max = new Float64Array(folds * this.d).fill(-Infinity);
  }

  update({ start, rows, x, z }: PairedBlock): void {
    const members: number[][] = Array.from({ length: this.folds }, () => []);
    for (let row = 0; row < rows; row += 1) members[foldOf(start + row, this.folds)]!.push(row);
    members.forEach((chosen, fold) => {
      const sums = this.sums[fold]!;
      const foldX = gathered(x, this.d, chosen);
      widen(this.min, this.max, fold * this.d, this.d, foldX, chosen.length);
      shiftAndSum(foldX, this.shiftX, chosen.length, sums.sumX);
      const foldZ = gathered(z, this.k, chosen);
      shiftAndSum(foldZ, this.shiftZ, chosen.length, sums.sumZ);
      addSquares(sums.energy, foldZ);
      addGram(sums.gram, foldX, this.d, chosen.length);
      addTransposedProduct(sums.cross, foldX, this.d, foldZ, this.k, chosen.length);
      sums.rows += chosen.length;
    });
  }

  merge(other: this): void {
    other.sums.forEach((sums, fold) => addSums(this.sums[fold]!, sums));
    other.min.forEach((low, at) => (this.min[at] = Math.min(this.min[at]!, low)));
    other.max.forEach((high, at) => (this.max[at] = Math.max(this.max[at]!, high)));
  }

  /** The sums over several folds, added in the order given; of the targets named, in that order. */
  over(folds: readonly number[], targets: Uint32Array): FoldSums {
    const total = emptySums(this.d, targets.length);
    for (const fold of folds) {
      const { rows, sumX, sumZ, gram, cross, energy } = this.sums[fold]!;
      addSums(total, {
        rows,
        sumX,
        gram,
        sumZ: gathered(sumZ, 1, targets),
        energy: gathered(energy, 1, targets),
        cross: selectColumns(cross, this.k, targets),
      });
    }
    return total;
  }

  /** The value, from its shift, of each channel that is constant over the rows of several folds; NaN for every other; d of them. */
  constantChannels(folds: readonly number[]): Float64Array {
    return Float64Array.from({ length: this.d }, (_, channel) => {
      let low = Infinity;
      let high = -Infinity;
      for (const fold of folds) {
        low = Math.min(low, this.min[fold * this.d + channel]!);
        high = Math.max(high, this.max[fold * this.d + channel]!);
      }
      return low === high ? low - this.shiftX[channel]! : NaN;
    });
  }
}

function emptySums(d: number, k: number): FoldSums & { rows: number } {
  return {
    rows: 0,
    sumX: new Float64Array(d),
    sumZ: new Float64Array(k),
    gram: new Float64Array(d * d),
    cross: new Float64Array(d * k),
    energy: new Float64Array(k),
  };
}

function addSums(total: FoldSums & { rows: number }, more: FoldSums): void {
  total.rows += more.rows;
  for (const name of ['sumX', 'sumZ', 'gram', 'cross', 'energy'] as const) {
    const [to, from] = [total[name], more[name]];
    for (let at = 0; at < to.length; at += 1) to[at] = to[at]! + from[at]!;
  }
}

function gathered(values: Float64Array, columns: number, rows: ArrayLike<number>): Float64Array {
  const out = new Float64Array(rows.length * columns);
  for (let row = 0; row < rows.length; row += 1) {
    const from = rows[row]! * columns;
    for (let column = 0; column < columns; column += 1) out[row * columns + column] = values[from + column]!;
  }
  return out;
}

function selectColumns(matrix: Float64Array, columns: number, chosen: Uint32Array): Float64Array {
  const out = new Float64Array((matrix.length / Math.max(columns, 1)) * chosen.length);
  for (let from = 0, at = 0; from < matrix.length; from += columns) {
    for (let index = 0; index < chosen.length; index += 1, at += 1) out[at] = matrix[from + chosen[index]!]!;
  }
  return out;
}

function shiftAndSum(values: Float64Array, shift: Float64Array, rows: number, sum: Float64Array): void {
  const columns = shift.length;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const shifted = values[row * columns + column]! - shift[column]!;
      values[row * columns + column] = shifted;
      sum[column] = sum[column]! + shifted;
    }
  }
}

function addSquares(energy: Float64Array, values: Float64Array): void {
  const columns = energy.length;
  for (let at = 0; at < values.length; at += columns) {
    for (let column = 0; column < columns; column += 1) {
      const value = values[at + column]!;
      energy[column] = energy[column]! + value * value;
    }
  }
}
