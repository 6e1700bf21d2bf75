import { rowSource } from './row-source.js';

/** Rows that hold their own number in every column. */
const numbered = (precision: 'F32' | 'F64') =>
  rowSource({ name: 'm', rows: 3, columns: 2, precision }, (start, end, out) => {
    for (let at = 0; at < (end - start) * 2; at++) out[at] = start + Math.floor(at / 2);
  });

describe('rows read into an array', () => {
  it('are those that are read into a new one', async () => {
    for (const out of [new Float64Array(4), new Float32Array(4), new Float32Array(new SharedArrayBuffer(16))]) {
      await numbered('F32').readInto(1, 3, out);
      expect([...out]).toEqual([1, 1, 2, 2]);
    }
    expect(await numbered('F64').read(1, 3)).toEqual(Float64Array.of(1, 1, 2, 2));
  });

  it('need an array of their number', async () => {
    await expect(numbered('F64').readInto(0, 2, new Float64Array(5))).rejects.toThrow('m: no array for these rows (got 5); accepted: 4 values');
  });

  it('need an array of float64 where float32 would round them', async () => {
    await expect(numbered('F64').readInto(0, 2, new Float32Array(4))).rejects.toThrow('m: its values do not fit (got Float32Array)');
  });

  it('must be there', async () => {
    await expect(numbered('F64').readInto(2, 4, new Float64Array(4))).rejects.toThrow('m: no such rows (got 2 to 4)');
    await expect(numbered('F64').read(2, 4)).rejects.toThrow('m: no such rows (got 2 to 4)');
  });
});
