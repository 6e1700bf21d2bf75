import { InputError } from '@fathom/errors';

/** How a shape is read as a matrix: the first dimension is the rows, the others are flattened into columns. */
export interface MatrixShape {
  readonly rows: number;
  readonly columns: number;
  /** rows × columns. */
  readonly elements: number;
}

/**
 * Checks a shape and reads it as a matrix. A scalar (shape []) is one row of one column, a vector of n elements n rows of one column.
 * @throws InputError when a dimension is no integer ≥ 0, or when the product of the dimensions that are not 0 is not below 2^53.
 */
export function matrixShape(shape: readonly number[], field: string): MatrixShape {
  let size = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0)
      throw new InputError({ field, problem: 'a dimension of its shape is no size', value: shape, accepted: 'integers of at least 0' });
    if (dimension > 0) size *= dimension;
    if (size > Number.MAX_SAFE_INTEGER)
      throw new InputError({ field, problem: 'its shape is too large', value: shape, accepted: 'fewer than 2^53 elements' });
  }
  const rows = shape[0] ?? 1;
  const columns = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
  return { rows, columns, elements: rows * columns };
}
