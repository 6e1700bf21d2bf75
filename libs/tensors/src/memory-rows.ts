import { InputError } from '@fathom/errors';
import { floatTypeOfArray, type FloatArray } from './float-type.js';
import { rowSource, type RowSource } from './row-source.js';

/** A matrix in memory as a {@link RowSource}. `data` is row-major, rows × columns, any numeric typed array. Not copied until it is read. */
export function memoryRows(name: string, data: ArrayLike<number>, rows: number, columns: number): RowSource {
  if (data.length !== rows * columns)
    throw new InputError({ field: name, problem: 'wrong number of values', value: data.length, accepted: `${rows} × ${columns} values` });
  const facts = { name, rows, columns, precision: floatTypeOfArray(data) };
  return rowSource(facts, (start, end, out) => copyValues(data, start * columns, end * columns, out));
}

function copyValues(data: ArrayLike<number>, from: number, to: number, out: FloatArray): void {
  if (ArrayBuffer.isView(data)) out.set((data as unknown as FloatArray).subarray(from, to));
  else for (let i = from; i < to; i++) out[i - from] = data[i]!;
}
