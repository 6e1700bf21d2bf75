import fc from 'fast-check';
import { productBlocks } from './product-blocks.js';

const size = fc.integer({ min: 0, max: 300 });
const most = fc.constantFrom(64, 128, 192);

describe('the blocks of a product', () => {
  it('hold every product of a row, a step and a column once, and no more of each than is allowed', () => {
    fc.assert(
      fc.property(fc.record({ rows: size, steps: size, columns: size }), fc.record({ rows: most, steps: most, columns: most }), (shape, limits) => {
        let held = 0;
        const seen = new Set<string>();
        for (const { rows, steps, columns } of productBlocks(shape, limits)) {
          held += rows.size * steps.size * columns.size;
          for (const [range, length, limit] of [
            [rows, shape.rows, limits.rows],
            [steps, shape.steps, limits.steps],
            [columns, shape.columns, limits.columns],
          ] as const) {
            expect(range.size).toBeGreaterThan(0);
            expect(range.size).toBeLessThanOrEqual(limit);
            expect(range.from + range.size).toBeLessThanOrEqual(length);
            expect(range.from % 64).toBe(0);
          }
          seen.add([rows.from, steps.from, columns.from].join());
        }
        expect(held).toBe(shape.rows * shape.steps * shape.columns);
        const pieces = (length: number, limit: number) => Math.ceil(length / limit);
        expect(seen.size).toBe(pieces(shape.rows, limits.rows) * pieces(shape.steps, limits.steps) * pieces(shape.columns, limits.columns));
      }),
    );
  });

  it('come with the steps of the same rows and columns one after another, from the first', () => {
    const starts = [...productBlocks({ rows: 2, steps: 130, columns: 70 }, { rows: 64, steps: 64, columns: 64 })];
    expect(starts.map(({ columns, steps }) => [columns.from, steps.from])).toEqual([
      [0, 0],
      [0, 64],
      [0, 128],
      [64, 0],
      [64, 64],
      [64, 128],
    ]);
  });
});
