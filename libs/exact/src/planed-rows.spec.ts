import fc from 'fast-check';

import { columnTiles, groupBytes } from './byte-planes.js';
import { inlineCrew, type Crew } from './crew.js';
import { fixedPoint, toInteger, type Bits } from './fixed-point.js';
import { foldOf } from './fmix32.js';
import { integerAt } from './integer-sums.js';
import { blockRowsFor, needsTwoLimbs, PlanedRows, type ReadableRows } from './planed-rows.js';
import { MOST_STEPS } from './integer-engine.js';
import { referenceEngine } from './reference-engine.js';
import { SharedRoom } from './shared-room.js';

const crew = inlineCrew(referenceEngine);

/** Rows that count how often they are read. */
function countedRows(values: Float32Array | Float64Array, rows: number, columns: number): ReadableRows & { reads: number } {
  const source = {
    name: 'x',
    rows,
    columns,
    precision: values instanceof Float32Array ? ('F32' as const) : ('F64' as const),
    reads: 0,
    readInto: (start: number, end: number, out: Float32Array | Float64Array): Promise<void> => {
      source.reads += 1;
      out.set(values.subarray(start * columns, end * columns));
      return Promise.resolve();
    },
  };
  return source;
}

const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 30 }), columns: fc.integer({ min: 1, max: 5 }), single: fc.boolean() })
  .chain(({ rows, columns, single }) =>
    fc
      .array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns })
      .map((values) => ({ rows, columns, values: single ? Float32Array.from(values) : Float64Array.from(values) })),
  );

const small = fc.integer({ min: 1, max: 40 });
const range = (columns: number) => ({ min: new Array<number>(columns).fill(-1000), max: new Array<number>(columns).fill(1000) });

describe('planed rows', () => {
  it('hold every value as the bytes of its integer, sorted by group, with the sums of the columns', async () => {
    await fc.assert(
      fc.asyncProperty(
        matrix,
        fc.constantFrom<Bits>(16, 24),
        small,
        fc.integer({ min: 1, max: 5 }),
        async ({ rows, columns, values }, bits, blockRows, hands) => {
          const point = fixedPoint(range(columns), { bits });
          const groups = { groups: 3, of: (row: number) => foldOf(row, 3) };
          const planed = new PlanedRows(countedRows(values, rows, columns), { point, groups, blockRows });
          expect(planed.blocks).toBe(Math.ceil(rows / blockRows));
          for (let index = 0; index < planed.blocks; index += 1) {
            const { planes, sums } = await planed.block(index, { ...crew, hands });
            const { block } = planes;
            expect(block.start).toBe(index * blockRows);
            const total = new Float64Array(3 * columns);
            for (let row = 0; row < block.rows; row += 1) {
              const group = block.group[row]!;
              const count = block.counts[group]!;
              for (let column = 0; column < columns; column += 1) {
                const bytes = groupBytes(planes, group, 0);
                let q = 0;
                for (let digit = bits / 8 - 1; digit >= 0; digit -= 1) q = q * 256 + bytes[(digit * count + block.place[row]!) * columns + column]!;
                expect(q + 0).toBe(toInteger(values[(block.start + row) * columns + column]!, point, column) + 0);
                total[group * columns + column] = total[group * columns + column]! + q;
              }
            }
            expect(Array.from(total, (_, at) => integerAt(sums.sum, at) + 0)).toEqual([...total]);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of some columns are those of a matrix that has no others', async () => {
    const values = Float64Array.from({ length: 60 }, (_, at) => ((at * 37) % 101) - 50);
    const point = fixedPoint({ min: [-50, -40, -60, -50, -50], max: [60, 50, 50, 70, 50] });
    const options = { groups: { groups: 2, of: (row: number) => row % 2 }, blockRows: 7 };
    const chosen = Uint32Array.of(3, 0);
    const some = new PlanedRows(countedRows(values, 12, 5), { ...options, point, columns: chosen });
    const picked = Float64Array.from({ length: 24 }, (_, at) => values[Math.floor(at / 2) * 5 + chosen[at % 2]!]!);
    const pick = (of: Float64Array) => Float64Array.from(chosen, (column) => of[column]!);
    const alone = new PlanedRows(countedRows(picked, 12, 2), {
      ...options,
      point: { bits: 16, centre: pick(point.centre), scale: pick(point.scale) },
    });
    for (const index of [0, 1]) {
      const [one, other] = [await some.block(index, crew), await alone.block(index, crew)];
      expect([...one.planes.bytes]).toEqual([...other.planes.bytes]);
      expect(one.sums).toEqual(other.sums);
    }
  });

  it.each([
    ['float64', Float64Array.of(5e-324, 0, -1, 1000, 0, 3, -5e-324, 2, 7)],
    ['float32', Float32Array.of(1e-45, 0, -1, 1000, 0, 3, -1e-45, 2, 7)],
  ])('count the values above 0, however near (%s)', async (_, values) => {
    const options = { point: fixedPoint(range(3)), groups: { groups: 2, of: (row: number) => row % 2 }, blockRows: 2 };
    const counting = new PlanedRows(countedRows(values, 3, 3), options);
    const hands = { ...crew, hands: 2 };
    const counts = [await counting.block(0, hands), await counting.block(1, hands)].map(({ positive }) => [...positive]);
    expect(counts).toEqual([
      [2, 0, 1],
      [0, 1, 1],
    ]);
    const chosen = new PlanedRows(countedRows(values, 3, 3), { ...options, columns: Uint32Array.of(2, 0) });
    expect([...(await chosen.block(0, crew)).positive]).toEqual([1, 2]);
  });

  it('are read once where they may be kept, and again where they may not', async () => {
    const source = countedRows(new Float64Array(40), 20, 2);
    const options = { point: fixedPoint(range(2)), groups: { groups: 1, of: () => 0 }, blockRows: 10 };
    const kept = new PlanedRows(source, { ...options, keptBytes: 40 });
    for (let turn = 0; turn < 3; turn += 1) for (const index of [0, 1]) await kept.block(index, crew);
    expect(source.reads).toBe(1 + 3); // room for one block of two
  });

  it('that could not be read are asked for again', async () => {
    const source = countedRows(new Float64Array(4), 2, 2);
    const { readInto } = source;
    source.readInto = async () => Promise.reject(new Error('lost'));
    const kept = new PlanedRows(source, { point: fixedPoint(range(2)), groups: { groups: 1, of: () => 0 }, blockRows: 10, keptBytes: 100 });
    await expect(kept.block(0, crew)).rejects.toThrow('lost');
    source.readInto = readInto;
    expect((await kept.block(0, crew)).planes.block.rows).toBe(2);
    source.readInto = async () => Promise.reject(new Error('not asked for'));
    expect((await kept.block(0, crew)).planes.block.rows).toBe(2); // what failed took no room from it
  });

  it('that were read ahead are not read again when they are asked for, but after that', async () => {
    const source = countedRows(new Float64Array(40), 20, 2);
    const planed = new PlanedRows(source, { point: fixedPoint(range(2)), groups: { groups: 1, of: () => 0 }, blockRows: 10, room: new SharedRoom() });
    await planed.readAhead(crew);
    expect(source.reads).toBe(1);
    expect((await planed.block(0, crew)).planes.block.start).toBe(0);
    expect(source.reads).toBe(1);
    expect((await planed.block(1, crew)).planes.block.start).toBe(10);
    await planed.block(0, crew);
    expect(source.reads).toBe(3);
    await planed.readAhead(crew);
    await planed.block(1, crew); // in the same memory
    await planed.block(0, crew);
    expect(source.reads).toBe(6);
  });

  it('that could not be read ahead are read when they are asked for', async () => {
    const source = countedRows(new Float64Array(4), 2, 2);
    const { readInto } = source;
    source.readInto = async () => Promise.reject(new Error('lost'));
    const planed = new PlanedRows(source, { point: fixedPoint(range(2)), groups: { groups: 1, of: () => 0 }, blockRows: 10 });
    await planed.readAhead(crew);
    await expect(planed.block(0, crew)).rejects.toThrow('lost');
    source.readInto = readInto;
    await planed.readAhead(crew);
    expect((await planed.block(0, crew)).planes.block.rows).toBe(2);
  });

  it('fail only once no task and no reading is left that writes into their room', async () => {
    // Two cuts of columns and two readings: the first cut is refused while the second and the second reading go on.
    const columns = 2060;
    const rows = 2 * Math.floor(2 ** 25 / (8 * columns));
    const held: (() => void)[] = [];
    const hold = async (): Promise<void> => new Promise((resolve) => held.push(resolve));
    const source = countedRows(new Float32Array(rows * columns), rows, columns);
    source.readInto = () => (++source.reads === 1 ? Promise.resolve() : hold());
    let tasks = 0;
    const refusing: Crew = { ...crew, run: async () => (++tasks === 1 ? Promise.reject(new Error('refused')) : (hold() as Promise<never>)) };
    const planed = new PlanedRows(source, { point: fixedPoint(range(columns)), groups: { groups: 1, of: () => 0 }, blockRows: rows });
    let thrown: unknown;
    const failing = planed.block(0, refusing).catch((error: unknown) => (thrown = error));
    for (const left of [2, 1]) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(held).toHaveLength(left);
      expect(thrown).toBeUndefined();
      held.pop()!();
    }
    await failing;
    expect(thrown).toEqual(new Error('refused'));
  });
});

describe('blocks of rows', () => {
  it('are as many as one product takes, fewer for wide matrices, and do not depend on how many rows there are', () => {
    expect(blockRowsFor(10, 16)).toBe(20_480);
    expect(blockRowsFor(10, 16)).toBeLessThanOrEqual(MOST_STEPS);
    for (const columns of [1, 1000, 10_000, 100_000, 1_000_000])
      for (const bits of [16, 24]) expect(blockRowsFor(columns, bits)).toBeGreaterThanOrEqual(256);
    expect(blockRowsFor(100_000, 16)).toBeLessThan(blockRowsFor(10_000, 16));
  });

  it('need two limbs with 24 bits, and above 2²² rows with 16', () => {
    expect([needsTwoLimbs(2 ** 22, 16), needsTwoLimbs(2 ** 22 + 1, 16), needsTwoLimbs(1, 24)]).toEqual([false, true, true]);
    expect(2 ** 22 * 32_639 ** 2).toBeLessThan(2 ** 53);
  });

  it('tiles cover all columns once', () => {
    for (const columns of [1, 256, 257, 5000]) {
      const tiles = columnTiles(columns);
      expect(tiles.reduce((end, { from, to }) => (from === end && to > from ? to : NaN), 0)).toBe(columns);
    }
  });
});
