import fc from 'fast-check';

import type { ColumnIntegers } from './byte-planes.js';
import { inlineCrew, type Crew } from './crew.js';
import { fixedPoint, type Bits, type FixedPoint } from './fixed-point.js';
import { integerAt, type IntegerSums } from './integer-sums.js';
import { PlanedRows, type ReadableRows } from './planed-rows.js';
import { mergeSums, productSums, type ProductSums } from './product-sums.js';
import { referenceEngine } from './reference-engine.js';
import { SharedRoom } from './shared-room.js';
import { foldOf } from './fmix32.js';

const crew = inlineCrew(referenceEngine);
const unwatched = { throwIfCancelled: () => undefined, progress: () => undefined };

function rowsOf(name: string, values: Float64Array, rows: number, columns: number): ReadableRows {
  return { name, rows, columns, precision: 'F64', readInto: async (start, end, out) => out.set(values.subarray(start * columns, end * columns)) };
}

function rangesOf(values: Float64Array, columns: number): { min: Float64Array; max: Float64Array } {
  const min = new Float64Array(columns).fill(Infinity);
  const max = new Float64Array(columns).fill(-Infinity);
  values.forEach((value, at) => {
    min[at % columns] = Math.min(min[at % columns]!, value);
    max[at % columns] = Math.max(max[at % columns]!, value);
  });
  return { min, max };
}

/** The definition, with exact rational arithmetic where float64 could round: q as BigInt. */
function integers(values: Float64Array, columns: number, { centre, scale }: FixedPoint): bigint[] {
  return Array.from(values, (value, at) => BigInt(halfEven((value - centre[at % columns]!) * scale[at % columns]!)));
}

function halfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

interface Case {
  readonly rows: number;
  readonly d: number;
  readonly k: number;
  readonly x: Float64Array;
  readonly z: Float64Array;
}

const cases = fc
  .record({ rows: fc.integer({ min: 1, max: 40 }), d: fc.integer({ min: 1, max: 5 }), k: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, d, k }) => {
    const value = fc.oneof(
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      fc.constantFrom(0, 1e30, -1e30, 1e-30, 5e-324, 127 / 256, -32_639, 32_639),
    );
    const matrix = (size: number): fc.Arbitrary<Float64Array> =>
      fc.array(value, { minLength: size, maxLength: size }).map((values) => Float64Array.from(values));
    return fc.record({ rows: fc.constant(rows), d: fc.constant(d), k: fc.constant(k), x: matrix(rows * d), z: matrix(rows * k) });
  });

async function sumsOf(
  { rows, d, k, x, z }: Case,
  {
    bits,
    blockRows,
    groups = 3,
    from = 0,
    to = rows,
    by = crew,
  }: { bits: Bits; blockRows: number; groups?: number; from?: number; to?: number; by?: Crew },
): Promise<ProductSums> {
  const part = (values: Float64Array, columns: number): Float64Array => values.subarray(from * columns, to * columns);
  const options = { groups: { groups, of: (row: number) => foldOf(from + row, groups) }, blockRows };
  const left = new PlanedRows(rowsOf('x', part(x, d), to - from, d), { ...options, point: fixedPoint(rangesOf(x, d), { bits }) });
  const right = new PlanedRows(rowsOf('z', part(z, k), to - from, k), { ...options, point: fixedPoint(rangesOf(z, k), { bits, centred: false }) });
  return productSums(left, [right], { gram: true }, by, unwatched);
}

const values = (sums: IntegerSums): number[] => Array.from(sums.low, (_, at) => integerAt(sums, at));

/** The same sums in other memory. */
function copied(sums: ProductSums): ProductSums {
  const copy = ({ low, high }: IntegerSums): IntegerSums => (high ? { low: low.slice(), high: high.slice() } : { low: low.slice() });
  const columns = ({ sum, squares }: ColumnIntegers): ColumnIntegers => ({ sum: copy(sum), squares: copy(squares) });
  return {
    rows: sums.rows.slice(),
    x: columns(sums.x),
    gram: copy(sums.gram!),
    z: sums.z.map((z) => ({ columns: columns(z.columns), cross: copy(z.cross) })),
  };
}

describe('productSums', () => {
  it.each([16, 24] as const)('are the sums of the definition in exact integers, with %i bits', async (bits) => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 1, max: 45 }), async (given, blockRows) => {
        const { rows, d, k, x, z } = given;
        const sums = await sumsOf(given, { bits, blockRows });
        const qx = integers(x, d, fixedPoint(rangesOf(x, d), { bits }));
        const qz = integers(z, k, fixedPoint(rangesOf(z, k), { bits, centred: false }));
        const total = (group: number, of: (row: number) => bigint): number => {
          let sum = 0n;
          for (let row = 0; row < rows; row += 1) if (foldOf(row, 3) === group) sum += of(row);
          return Number(sum);
        };
        for (let group = 0; group < 3; group += 1) {
          expect(sums.rows[group]).toBe(total(group, () => 1n));
          for (let a = 0; a < d; a += 1) {
            expect(integerAt(sums.x.sum, group * d + a)).toBe(total(group, (row) => qx[row * d + a]!));
            for (let b = 0; b <= a; b += 1)
              expect(integerAt(sums.gram!, (group * d + a) * d + b)).toBe(total(group, (row) => qx[row * d + a]! * qx[row * d + b]!));
            for (let j = 0; j < k; j += 1)
              expect(integerAt(sums.z[0]!.cross, (group * d + a) * k + j)).toBe(total(group, (row) => qx[row * d + a]! * qz[row * k + j]!));
          }
          for (let j = 0; j < k; j += 1)
            expect(integerAt(sums.z[0]!.columns.squares, group * k + j)).toBe(total(group, (row) => qz[row * k + j]! * qz[row * k + j]!));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('merge to the same bits for any cut of the rows, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 0, max: 40 }), fc.constantFrom<Bits>(16, 24), async (given, cut, bits) => {
        const at = Math.min(cut, given.rows);
        const whole = await sumsOf(given, { bits, blockRows: 1000 });
        const late = await sumsOf(given, { bits, blockRows: 7, from: at });
        mergeSums(late, await sumsOf(given, { bits, blockRows: 3, to: at }));
        for (const pick of [
          (s: ProductSums) => s.gram!,
          (s: ProductSums) => s.z[0]!.cross,
          (s: ProductSums) => s.x.sum,
          (s: ProductSums) => s.z[0]!.columns.squares,
        ])
          expect(values(pick(late))).toEqual(values(pick(whole)));
        expect(late.rows).toEqual(whole.rows);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    [16, 1100, 1030],
    [24, 600, 20],
  ] as const)('hold for matrices wider than a task or a tile, with %i bits', async (bits, d, k) => {
    const rows = 3;
    const fill = (count: number, by: number): Float64Array => Float64Array.from({ length: count }, (_, at) => ((at * by) % 701) - 350);
    const given = { rows, d, k, x: fill(rows * d, 37), z: fill(rows * k, 91) };
    const sums = await sumsOf(given, { bits, blockRows: 100, groups: 1 });
    // Below 2⁵³: float64 adds them exactly.
    const numbers = (values: Float64Array, columns: number, centred: boolean): Float64Array =>
      Float64Array.from(integers(values, columns, fixedPoint(rangesOf(values, columns), { bits, centred })), Number);
    const [qx, qz] = [numbers(given.x, d, true), numbers(given.z, k, false)];
    const total = (left: Float64Array, a: number, right: Float64Array, b: number): number => {
      let sum = 0;
      for (let row = 0; row < rows; row += 1) sum += left[(row * left.length) / rows + a]! * right[(row * right.length) / rows + b]!;
      return sum;
    };
    for (let a = 0; a < d; a += 1) {
      for (let j = 0; j < k; j += 1) if (integerAt(sums.z[0]!.cross, a * k + j) !== total(qx, a, qz, j)) throw new Error(`cross at ${a}, ${j}`);
      for (let b = 0; b <= a; b += 1) if (integerAt(sums.gram!, a * d + b) !== total(qx, a, qx, b)) throw new Error(`gram at ${a}, ${b}`);
    }
  });

  it('do not depend on what was in their room before, also of a group that has no rows in the first block', async () => {
    const options = { groups: { groups: 2, of: (row: number) => Math.floor(row / 3) }, blockRows: 3 };
    for (const bits of [16, 24] as const) {
      const x = new PlanedRows(rowsOf('x', Float64Array.of(1, 2, 3, 4, 5, 6), 6, 1), {
        ...options,
        point: fixedPoint({ min: [1], max: [6] }, { bits }),
      });
      const room = new SharedRoom();
      const used = (): Float64Array => new Float64Array(room.take(1024));
      for (let piece = 0; piece < 4; piece += 1) used().fill(12_345);
      const dirty = await productSums(x, [x], { gram: true, room }, crew, unwatched);
      const clean = await productSums(x, [x], { gram: true }, crew, unwatched);
      expect(values(dirty.gram!)).toEqual(values(clean.gram!));
      expect(values(dirty.z[0]!.cross)).toEqual(values(clean.gram!));
    }
  });

  it('are exact over more than 2²² rows, and beyond 2⁵³ where those of several shards are merged', async () => {
    const rows = 2 ** 22 + 1001;
    const source: ReadableRows = {
      name: 'x',
      rows,
      columns: 1,
      precision: 'F32',
      readInto: (start, end, out) => {
        for (let row = start; row < end; row += 1) out[row - start] = row % 3 === 0 ? -32_639 : 32_639;
        return Promise.resolve();
      },
    };
    const point = fixedPoint({ min: [-32_639], max: [32_639] });
    const planes = new PlanedRows(source, { point, groups: { groups: 1, of: () => 0 }, blockRows: 20_480 });
    const sums = await productSums(planes, [], { gram: true }, crew, unwatched);
    const shard = copied(sums);
    for (let merged = 1; merged < 4; merged += 1) mergeSums(sums, shard);
    const squares = 4n * BigInt(rows) * 32_639n ** 2n;
    expect(squares > 2n ** 53n).toBe(true);
    expect([sums.rows[0], integerAt(sums.x.sum, 0)]).toEqual([4 * rows, 4 * (rows - 2 * Math.ceil(rows / 3)) * 32_639]);
    for (const { low, high } of [sums.gram!, sums.x.squares]) expect(BigInt(high![0]!) * 2n ** 32n + BigInt(low[0]!)).toBe(squares);
  });

  it('are exact when merged over and over, as those of very many shards', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const sums = await sumsOf(given, { bits: 24, blockRows: 100, groups: 1 });
        const wanted = values(sums.gram!);
        for (let turn = 0; turn < 40; turn += 1) mergeSums(sums, copied(sums));
        expect(values(sums.gram!).map((value) => value / 2 ** 40)).toEqual(wanted); // doubling is exact in float64 too
        expect(sums.rows[0]).toBe(given.rows * 2 ** 40);
      }),
      { numRuns: 20 },
    );
  });

  it('refuse a value outside of the range of its column, naming it', async () => {
    const x = Float64Array.of(0, 1, 2, 3);
    const point = fixedPoint({ min: [0], max: [2] });
    const planes = new PlanedRows(rowsOf('layer 1', x, 4, 1), { point, groups: { groups: 1, of: () => 0 }, blockRows: 10 });
    await expect(productSums(planes, [], { gram: false }, crew, unwatched)).rejects.toThrow('layer 1, row 3, column 0: is outside of the range');
  });

  it.each([NaN, Infinity])('refuse %p, naming its place', async (wrong) => {
    const planes = new PlanedRows(rowsOf('layer 1', Float64Array.of(0, wrong), 2, 1), {
      point: fixedPoint({ min: [0], max: [1] }),
      groups: { groups: 1, of: () => 0 },
      blockRows: 10,
    });
    await expect(productSums(planes, [], { gram: false }, crew, unwatched)).rejects.toThrow('layer 1, row 1, column 0: not a finite number');
  });
});
