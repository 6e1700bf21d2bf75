import { integerSums, addInteger, mergeIntegers, type ColumnIntegers } from '@fathom/exact';
import fc from 'fast-check';

import { columnStandard } from './column-standard.js';

/** Sums of one column of integers, row by row into its group. */
function sumsOf(values: readonly number[], groupOf: (row: number) => number, groups: number): { columns: ColumnIntegers; rows: Float64Array } {
  const columns = { sum: integerSums(groups, true), squares: integerSums(groups, true) };
  const rows = new Float64Array(groups);
  values.forEach((value, row) => {
    const group = groupOf(row);
    addInteger(columns.sum, group, value);
    addInteger(columns.squares, group, value * value);
    rows[group] = rows[group]! + 1;
  });
  return { columns, rows };
}

const integers = fc.array(fc.integer({ min: -8_355_711, max: 8_355_711 }), { minLength: 4, maxLength: 60 });

describe('the standard of columns', () => {
  it('is mean and sum of squares around it, in two passes, over the groups that are named', () => {
    fc.assert(
      fc.property(integers, (values) => {
        const { columns, rows } = sumsOf(values, (row) => row % 4, 4);
        const found = columnStandard(columns, 1, [0, 2, 3], rows);
        const own = values.filter((_, row) => row % 4 !== 1);
        const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
        const energy = own.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        expect(found.rows).toBe(own.length);
        expect(found.middle[0]! + found.rest[0]!).toBeCloseTo(mean, 6);
        expect(Math.abs(found.rest[0]!)).toBeLessThanOrEqual(0.5);
        expect(Math.abs(found.energy[0]! - energy)).toBeLessThanOrEqual(1e-9 * Math.max(1, energy));
        if (energy > 0) expect(found.inverse[0]! * Math.sqrt(energy / own.length)).toBeCloseTo(1, 8);
      }),
    );
  });

  it('keeps what varies by one unit far from the middle of its range, though the squares are far beyond 2⁵³', () => {
    const [count, value] = [8_000_000, 8_355_711];
    const columns = { sum: integerSums(1, true), squares: integerSums(1, true) };
    for (const [q, times] of [
      [value, count / 4],
      [value - 1, (3 * count) / 4],
    ] as const)
      for (let piece = 0; piece < 100; piece += 1) {
        addInteger(columns.sum, 0, (q * times) / 100);
        for (let part = 0; part < 1000; part += 1) addInteger(columns.squares, 0, (q * q * times) / 100_000);
      }
    const { energy, middle } = columnStandard(columns, 1, [0], Float64Array.of(count));
    expect([middle[0], energy[0]]).toEqual([value - 1, (count * 3) / 16]);
  });

  it('of a constant column has no energy and counts as nothing, whatever the constant', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8_355_711, max: 8_355_711 }), fc.integer({ min: 1, max: 50 }), (value, count) => {
        const { columns, rows } = sumsOf(new Array<number>(count).fill(value), () => 0, 1);
        expect(columnStandard(columns, 1, [0], rows)).toMatchObject({ energy: Float64Array.of(0), inverse: Float64Array.of(0) });
      }),
    );
  });

  it('is that of the same rows a thousand million times over, far beyond 2⁵³', () => {
    fc.assert(
      fc.property(integers, (values) => {
        const { columns, rows } = sumsOf(values, () => 0, 1);
        const once = columnStandard(columns, 1, [0], rows);
        for (let turn = 0; turn < 30; turn += 1) {
          for (const sums of [columns.sum, columns.squares]) {
            const same = integerSums(1, true);
            mergeIntegers(same, sums);
            mergeIntegers(sums, same);
          }
          rows[0] = rows[0]! * 2;
        }
        const often = columnStandard(columns, 1, [0], rows);
        expect(often.middle).toEqual(once.middle);
        expect(often.energy[0]! / 2 ** 30).toBeCloseTo(once.energy[0]!, -Math.log10(1 + once.energy[0]!) + 8);
        expect(often.inverse[0]).toBeCloseTo(once.inverse[0]!, 8);
      }),
    );
  });
});
