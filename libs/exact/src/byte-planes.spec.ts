import { integersOf } from './byte-planes.js';
import { inlineCrew } from './crew.js';
import { fixedPoint, toInteger, type Bits } from './fixed-point.js';
import { PlanedRows } from './planed-rows.js';
import { referenceEngine } from './reference-engine.js';

it.each<Bits>([16, 24])('the bytes of a block hold the integers of its values, with %i bits', async (bits) => {
  const [rows, columns] = [7, 1030]; // more than one tile
  const values = Float64Array.from({ length: rows * columns }, (_, at) => ((at * 7919) % 2003) - 1001);
  const point = fixedPoint({ min: new Float64Array(columns).fill(-1001), max: new Float64Array(columns).fill(1001) }, { bits });
  const source = {
    name: 'm',
    rows,
    columns,
    precision: 'F64' as const,
    readInto: async (start: number, end: number, out: Float32Array | Float64Array) => out.set(values.subarray(start * columns, end * columns)),
  };
  const planed = new PlanedRows(source, { point, groups: { groups: 2, of: (row) => row % 2 }, blockRows: 5 });
  const chosen = Uint32Array.of(1029, 0, 1023, 1024);
  const { planes } = await planed.block(1, inlineCrew(referenceEngine));
  const expected = [5, 6].flatMap((row) => Array.from(chosen, (column) => toInteger(values[row * columns + column]!, point, column)));
  expect(Array.from(integersOf(planes, chosen))).toEqual(expected);
});
