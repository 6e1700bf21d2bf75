import { InputError, type Control } from '@fathom/errors';
import { allEnded, SharedRoom } from '@fathom/exact';
import type { RowSource } from '@fathom/tensors';

/** How many rows are read at a time: 64 MiB for 8,192 columns, and the block that content digests are made of. */
export const BLOCK_ROWS = 1024;

/** Rows start..start+rows−1 of several matrices, each row-major float64 and shared between threads, all finite; to be used before the next block is asked for. */
export interface RowBlock<Values> {
  readonly start: number;
  readonly rows: number;
  readonly values: Values;
}

/**
 * The rows of several matrices side by side, block by block in row order; asks once a block whether to stop.
 * @throws InputError where the matrices have different row counts, or naming tensor, row and column
 * of the first value that is NaN or infinite.
 */
export async function* rowBlocks<const Sources extends readonly RowSource[]>(
  sources: Sources,
  blockRows: number,
  control: Control,
): AsyncGenerator<RowBlock<{ [I in keyof Sources]: Float64Array }>> {
  if (!Number.isInteger(blockRows) || blockRows < 1)
    throw new InputError({ field: 'blockRows', problem: 'not a block of rows', value: blockRows, accepted: 'a whole number of at least 1' });
  const rows = commonRows(sources);
  const room = new SharedRoom();
  for (let start = 0; start < rows; start += blockRows) {
    control.throwIfCancelled();
    const end = Math.min(rows, start + blockRows);
    room.reuse();
    const values = sources.map(({ columns }) => new Float64Array(room.take(8 * (end - start) * columns), 0, (end - start) * columns));
    await allEnded(sources.map((source, i) => source.readInto(start, end, values[i]!)));
    sources.forEach((source, i) => requireFinite(values[i]!, source.name, source.columns, start));
    yield { start, rows: end - start, values: values as { [I in keyof Sources]: Float64Array } };
  }
}

/** The number of rows that all of the matrices have. @throws InputError naming the first that differs */
export function commonRows(sources: readonly Pick<RowSource, 'name' | 'rows'>[]): number {
  const [first] = sources;
  if (first === undefined) return 0;
  for (const source of sources)
    if (source.rows !== first.rows)
      throw new InputError({
        field: source.name,
        problem: 'wrong number of rows',
        value: source.rows,
        accepted: `${first.rows} rows, as ${first.name} has`,
      });
  return first.rows;
}

/** @throws InputError naming the row and column of the first value that is NaN or infinite */
export function requireFinite(values: ArrayLike<number>, name: string, columns = 1, firstRow = 0): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new InputError({
        field: `${name}, row ${firstRow + Math.floor(i / columns)}, column ${i % columns}`,
        problem: 'not a finite number',
        value: values[i],
        accepted: 'finite numbers',
      });
}
