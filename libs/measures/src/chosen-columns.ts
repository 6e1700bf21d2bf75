import type { ColumnIntegers, IntegerSums, ProductSums, Task } from '@fathom/exact';

/** Some columns of sums, line after line: lines × columns. @param buffers where each limb is written @default memory of their own */
export function chooseFrom(
  { low, high }: IntegerSums,
  lines: number,
  columns: Uint32Array,
  buffers: readonly (ArrayBuffer | SharedArrayBuffer)[] = [],
): IntegerSums {
  const size = lines * columns.length;
  const choose = (from: Float64Array, buffer: ArrayBuffer | SharedArrayBuffer = new ArrayBuffer(8 * size)): Float64Array => {
    const out = new Float64Array(buffer, 0, size);
    const count = from.length / lines;
    for (let line = 0, to = 0; line < lines; line += 1)
      for (let at = 0; at < columns.length; at += 1, to += 1) out[to] = from[line * count + columns[at]!]!;
    return out;
  };
  return { low: choose(low, buffers[0]), ...(high ? { high: choose(high, buffers[1]) } : {}) };
}

/** Some columns of the sums of all groups. */
export function chooseColumns({ sum, squares }: ColumnIntegers, groups: number, columns: Uint32Array): ColumnIntegers {
  return { sum: chooseFrom(sum, groups, columns), squares: chooseFrom(squares, groups, columns) };
}

interface ChosenInput {
  readonly sums: ProductSums;
  readonly columns: Uint32Array;
  /** Shared, one for each limb of the products. */
  readonly buffers: readonly SharedArrayBuffer[];
}

/** The same sums with some columns of the first matrix of targets alone, side by side: what several tasks need is gathered once. */
export const chosenTargets: Task<ChosenInput, ProductSums> = {
  module: __filename,
  name: 'chosenTargets',
  run: async ({ sums, columns: chosen, buffers }) => {
    const { columns, cross } = sums.z[0]!;
    const groups = sums.rows.length;
    const lines = sums.x.sum.low.length; // groups × channels
    return { ...sums, z: [{ columns: chooseColumns(columns, groups, chosen), cross: chooseFrom(cross, lines, chosen, buffers) }] };
  },
};
