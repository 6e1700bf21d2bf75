import { InputError } from '@fathom/errors';
import type { FloatArray, FloatType } from './float-type.js';
import { checkRowRange } from './row-range.js';

/**
 * Rows of a matrix that may be larger than memory: a tensor of an artifact, of a file, or of this process.
 * The first dimension of the tensor is its rows; all further ones are flattened into columns.
 */
export interface RowSource {
  /** What to call it in errors: a tensor's name, with its file where there is one. */
  readonly name: string;
  /** Number of rows n. */
  readonly rows: number;
  /** Number of columns: the product of all dimensions but the first (1 for a vector). */
  readonly columns: number;
  /** The smaller float type that holds its values exactly; F64 also where none does (I64 beyond ±2^53). */
  readonly precision: FloatType;
  /** Rows start..end−1, row-major, (end − start) × columns, as float64. The caller owns the array. */
  read(start: number, end: number): Promise<Float64Array>;
  /**
   * As {@link read}, into an array of exactly (end − start) × columns values, which may be shared between threads.
   *
   * @throws InputError for rows that are not there, another length, and a Float32Array where {@link precision} is F64
   */
  readInto(start: number, end: number, out: FloatArray): Promise<void>;
}

/** What a {@link RowSource} is, beside its values. */
export type RowFacts = Pick<RowSource, 'name' | 'rows' | 'columns' | 'precision'>;

/**
 * A row source over anything that can write rows into an array.
 *
 * @param fill writes rows start..end−1, which are there, into an array that fits them
 */
export function rowSource(facts: RowFacts, fill: (start: number, end: number, out: FloatArray) => Promise<void> | void): RowSource {
  const { name, rows, columns, precision } = facts;
  return {
    name,
    rows,
    columns,
    precision,
    read: async (start, end) => {
      checkRowRange(name, start, end, rows);
      const out = new Float64Array((end - start) * columns);
      await fill(start, end, out);
      return out;
    },
    readInto: async (start, end, out) => {
      checkRowRange(name, start, end, rows);
      if (out.length !== (end - start) * columns)
        throw new InputError({ field: name, problem: 'no array for these rows', value: out.length, accepted: `${(end - start) * columns} values` });
      if (precision === 'F64' && out instanceof Float32Array)
        throw new InputError({ field: name, problem: 'its values do not fit', value: 'Float32Array', accepted: 'a Float64Array' });
      await fill(start, end, out);
    },
  };
}
