import { matrixShape } from './shape.js';
import { checkTensor, float64Tensor, sliceRows, tensorBytes, tensorOver } from './tensor.js';

describe('a shape read as a matrix', () => {
  it('has its first dimension as rows, the others as columns', () => {
    expect(matrixShape([4, 3, 2], 't')).toEqual({ rows: 4, columns: 6, elements: 24 });
    expect(matrixShape([5], 't')).toEqual({ rows: 5, columns: 1, elements: 5 });
    expect(matrixShape([], 't')).toEqual({ rows: 1, columns: 1, elements: 1 });
    expect(matrixShape([5, 0], 't')).toEqual({ rows: 5, columns: 0, elements: 0 });
  });

  it.each([[[-1]], [[1.5]], [[NaN]], [['2']]])('%j is refused', (shape) => {
    expect(() => matrixShape(shape as number[], 't')).toThrow('t: a dimension of its shape is no size');
  });

  it('of 2^53 elements or more is refused, also behind a dimension of 0', () => {
    expect(() => matrixShape([2 ** 27, 2 ** 27], 't')).toThrow('t: its shape is too large');
    expect(() => matrixShape([0, 2 ** 30, 2 ** 30], 't')).toThrow('t: its shape is too large');
  });
});

describe('a tensor', () => {
  it('must hold what it says', () => {
    expect(() => checkTensor({ name: 'x', dtype: 'F32', shape: [2], data: new Float64Array(2) })).toThrow(
      'x: the elements of a F32 tensor are held in the wrong array type (got Float64Array); accepted: Float32Array',
    );
    expect(() => float64Tensor('x', [2, 3], new Float64Array(5))).toThrow('x: wrong number of elements for shape [2, 3] (got 5); accepted: 6');
    expect(() => checkTensor({ name: 'x', dtype: 'U4' as 'U8', shape: [2], data: new Uint8Array(2) })).toThrow('accepted: F16, BF16');
    expect(() => tensorOver('x', 'F32', [2], new Uint8Array(7))).toThrow('x: wrong number of bytes for F32 [2] (got 7); accepted: 8');
  });

  it('over aligned bytes is a view of them, over others a copy', () => {
    const bytes = new Uint8Array(24);
    expect(tensorOver('x', 'F64', [2], bytes.subarray(8)).data.buffer).toBe(bytes.buffer);
    expect(tensorOver('x', 'F64', [2], bytes.subarray(7, 23)).data.buffer).not.toBe(bytes.buffer);
  });

  it('is cut by rows without a copy', () => {
    const tensor = float64Tensor('x', [4, 2], Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const part = sliceRows(tensor, 1, 3);
    expect(part).toMatchObject({ name: 'x', shape: [2, 2] });
    expect([...part.data]).toEqual([2, 3, 4, 5]);
    expect(part.data.buffer).toBe(tensor.data.buffer);
    expect(tensorBytes(part)).toEqual(tensorBytes(tensor, 1, 3));
  });
});
