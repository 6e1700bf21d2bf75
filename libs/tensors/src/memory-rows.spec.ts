import { memoryRows } from './memory-rows.js';

describe('rows in memory', () => {
  const values = [1, 2, 3, 4, 5, 6];

  it.each([[Float64Array.from(values)], [Float32Array.from(values)], [Uint8Array.from(values)], [Int16Array.from(values)], [values]])(
    'are read from any numeric array',
    async (data) => {
      const rows = memoryRows('m', data, 3, 2);
      expect(await rows.read(1, 3)).toEqual(Float64Array.of(3, 4, 5, 6));
      expect(await rows.read(2, 2)).toEqual(new Float64Array(0));
    },
  );

  it('are a copy that the reader owns', async () => {
    const data = Float64Array.from(values);
    (await memoryRows('m', data, 3, 2).read(0, 3)).fill(0);
    expect([...data]).toEqual(values);
  });

  it('of small types are read into float32, of others into float64 alone', async () => {
    const out = new Float32Array(4);
    await memoryRows('m', Int16Array.from(values), 3, 2).readInto(1, 3, out);
    expect([...out]).toEqual([3, 4, 5, 6]);
    await expect(memoryRows('m', values, 3, 2).readInto(1, 3, out)).rejects.toThrow('m: its values do not fit');
  });

  it.each([
    [-1, 1],
    [0, 4],
    [2, 1],
    [0.5, 1],
    [0, NaN],
  ])('rows %p to %p of 3 are refused', async (start, end) => {
    await expect(memoryRows('m', values, 3, 2).read(start, end)).rejects.toThrow(
      `m: no such rows (got ${start} to ${end}); accepted: 0 ≤ start ≤ end ≤ 3`,
    );
  });

  it('must be as many as there are values for', () => {
    expect(() => memoryRows('m', values, 4, 2)).toThrow('m: wrong number of values (got 6); accepted: 4 × 2 values');
  });
});
