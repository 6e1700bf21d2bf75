import { InputError } from '@fathom/errors';
import { memoryRows } from '@fathom/tensors';

import { columnRanges } from './column-ranges.js';

describe('the ranges of columns', () => {
  it('are their smallest and largest values, over all blocks of rows', async () => {
    const rows = 2500;
    const values = Float64Array.from({ length: rows * 2 }, (_, at) => (at % 2 === 0 ? Math.floor(at / 2) : -7.5));
    const seen: number[] = [];
    const found = await columnRanges(memoryRows('x', values, rows, 2), { throwIfCancelled: () => undefined, progress: (done) => seen.push(done) });
    expect(found).toEqual({ min: Float64Array.of(0, -7.5), max: Float64Array.of(2499, -7.5) });
    expect(seen).toEqual([1024, 2048, 2500]);
  });

  it('refuse a NaN or an infinity, naming tensor, row and column', async () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const values = new Float64Array(3000 * 4).fill(value, 1500 * 4 + 2, 1500 * 4 + 3);
      await expect(columnRanges(memoryRows('02_block', values, 3000, 4))).rejects.toThrow(
        `02_block, row 1500, column 2: not a finite number (got "${value}")`,
      );
    }
  });

  it('refuse a matrix without rows', async () => {
    await expect(columnRanges(memoryRows('x', [], 0, 3))).rejects.toThrow(InputError);
  });
});
