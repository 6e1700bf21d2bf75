import { cancelled, unwatched } from '@fathom/errors';
import { memoryRows } from '@fathom/tensors';
import fc from 'fast-check';

import { rowBlocks } from './row-blocks.js';

const counting = (name: string, rows: number, columns: number) =>
  memoryRows(
    name,
    Float64Array.from({ length: rows * columns }, (_, i) => i),
    rows,
    columns,
  );

async function drain(blocks: AsyncGenerator<unknown>): Promise<void> {
  for await (const block of blocks) void block;
}

describe('blocks of rows', () => {
  it('cover every row once and in order, whatever their size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 12 }), async (rows, blockRows) => {
        const [seen, other]: [number[], number[]] = [[], []];
        for await (const block of rowBlocks([counting('x', rows, 2), counting('z', rows, 1)], blockRows, unwatched)) {
          expect(block.start).toBe(other.length);
          seen.push(...block.values[0]);
          other.push(...block.values[1]);
        }
        expect(seen).toEqual(Array.from({ length: 2 * rows }, (_, i) => i));
        expect(other).toEqual(Array.from({ length: rows }, (_, i) => i));
      }),
    );
  });

  it('stop between two blocks when asked to', async () => {
    let asked = 0;
    const control = {
      ...unwatched,
      throwIfCancelled: () => {
        if (++asked === 3) throw cancelled();
      },
    };
    await expect(drain(rowBlocks([counting('x', 10, 1)], 2, control))).rejects.toMatchObject({ reason: 'CANCELLED' });
    expect(asked).toBe(3);
  });

  it.each([
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('refuse %p and name tensor, row and column', async (wrong, shown) => {
    const data = new Float64Array(12);
    data[3 * 3 + 2] = wrong;
    const source = memoryRows('codes z', data, 4, 3);
    await expect(drain(rowBlocks([source], 2, unwatched))).rejects.toThrow(`codes z, row 3, column 2: not a finite number (got "${shown}")`);
  });

  it('refuse matrices of different row counts, and blocks of no rows', async () => {
    await expect(drain(rowBlocks([counting('x', 4, 1), counting('z', 3, 1)], 2, unwatched))).rejects.toThrow(
      'z: wrong number of rows (got 3); accepted: 4 rows, as x has',
    );
    await expect(drain(rowBlocks([counting('x', 4, 1)], 0, unwatched))).rejects.toThrow('blockRows');
  });
});
