import { InputError } from '@fathom/errors';
import { checkRowRange } from './row-range.js';
import type { RowSource } from './row-source.js';
import { float64Into } from './to-float64.js';
import { tensorBytes, type Tensor } from './tensor.js';
import { matrixShape } from './shape.js';

/** A matrix in memory as a {@link RowSource}. `data` is row-major, rows × columns, any numeric typed array. Not copied until it is read. */
export function memoryRows(name: string, data: ArrayLike<number>, rows: number, columns: number): RowSource {
  if (data.length !== rows * columns)
    throw new InputError({ field: name, problem: 'wrong number of values', value: data.length, accepted: `${rows} × ${columns} values` });
  return {
    name,
    rows,
    columns,
    read: async (start, end) => {
      checkRowRange(name, start, end, rows);
      return copyValues(data, start * columns, end * columns);
    },
  };
}

/** A tensor in memory as a {@link RowSource}, of any dtype. */
export function tensorRows(tensor: Tensor): RowSource {
  const { rows, columns } = matrixShape(tensor.shape, tensor.name);
  return {
    name: tensor.name,
    rows,
    columns,
    read: async (start, end) => {
      checkRowRange(tensor.name, start, end, rows);
      const out = new Float64Array((end - start) * columns);
      float64Into(tensor.dtype, tensorBytes(tensor, start, end), out, 0);
      return out;
    },
  };
}

function copyValues(data: ArrayLike<number>, from: number, to: number): Float64Array {
  if (data instanceof Float64Array) return data.slice(from, to);
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return new Float64Array(data.subarray(from, to));
  const out = new Float64Array(to - from);
  for (let i = from; i < to; i++) out[i - from] = data[i]!;
  return out;
}
