/**
 * XᵀX of float32 rows in memory, exactly, by a crew of all processors: fixed point, bytes and products counted; the best of several.
 * Usage: node gram.mjs '{"rows":16384,"columns":2048}'
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { report, timed } from '../run-job.mjs';

const require = createRequire(import.meta.url);
const { blockRowsFor, fixedPoint, oneGroup, PlanedRows, Prng, productSums, SharedRoom } = require('@fathom/exact');
const { threadCrew } = require('@fathom/operations');
const { rows, columns } = JSON.parse(process.argv[2]);
const BITS = 16;
const TIMES = 7;

const source = new Prng(1, 'gram');
const values = Float32Array.from({ length: rows * columns }, () => Math.max(0, source.gaussian()));
const range = { min: new Float64Array(columns).fill(Infinity), max: new Float64Array(columns).fill(-Infinity) };
values.forEach((value, at) => {
  const column = at % columns;
  range.min[column] = Math.min(range.min[column], value);
  range.max[column] = Math.max(range.max[column], value);
});
const readable = {
  name: 'x',
  rows,
  columns,
  precision: 'F32',
  readInto: (start, end, out) => Promise.resolve(void out.set(values.subarray(start * columns, end * columns))),
};

const crew = await threadCrew({ hands: availableParallelism(), engine: 'onnxruntime' });
const control = { throwIfCancelled: () => undefined, progress: () => undefined };
// As a probe does from layer to layer, the memory of one run serves the next.
const rooms = { rows: new SharedRoom(), sums: new SharedRoom() };
const gram = () => {
  const point = fixedPoint(range, { bits: BITS, centred: true });
  const planed = new PlanedRows(readable, { point, groups: oneGroup, blockRows: blockRowsFor(columns, BITS), room: rooms.rows });
  return productSums(planed, [], { gram: true, room: rooms.sums }, crew, control);
};
const seconds = [];
for (let i = 0; i < TIMES; i++) seconds.push((await timed(gram)).seconds);
await crew.close();
report({ seconds: Math.min(...seconds), engine: crew.engine });
