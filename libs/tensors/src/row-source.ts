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
  /** Rows start..end−1, row-major, (end − start) × columns, as float64. The caller owns the array. */
  read(start: number, end: number): Promise<Float64Array>;
}
