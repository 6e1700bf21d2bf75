import { cancelled, unwatched } from '@fathom/errors';
import { fixedPoint, inlineCrew, referenceEngine } from '@fathom/exact';
import { memoryRows } from '@fathom/tensors';
import { gaussianMatrix, thrownBy } from './compare.fixture.js';
import { PlanedChunks } from './planed-chunks.js';

const crew = inlineCrew(referenceEngine);
const [n, d] = [11, 5];
const matrix = gaussianMatrix(n * d, 3).map((x, at) => x * 10 ** ((at % d) - 2));
const options = { chunkRows: 4, keptBytes: 1e9, negative: true };

async function integers(rows: PlanedChunks): Promise<number[][]> {
  const found: number[][] = [];
  await rows.forEach(unwatched, async ({ start, rows: count, planes: { left, right } }) => {
    for (let i = 0; i < count; i++) {
      const line = Array.from({ length: d }, (_, c) => 256 * right.high[i * d + c]! + right.low[i * d + c]!);
      expect(line).toEqual(line.map((_, c) => 256 * (left.high[i * d + c]! - 128) + left.low[i * d + c]! - 128));
      found[start + i] = line;
    }
    return Promise.resolve();
  });
  return found;
}

describe('planed rows', () => {
  it('are the integers nearest to the values, in uncentred fixed point of 16 bits', async () => {
    const rows = await PlanedChunks.open(memoryRows('a', matrix, n, d), options, crew, unwatched);
    const column = (c: number) => matrix.filter((_, at) => at % d === c);
    const ranges = Array.from({ length: d }, (_, c) => column(c));
    const { scale } = fixedPoint({ min: ranges.map((x) => Math.min(...x)), max: ranges.map((x) => Math.max(...x)) }, { centred: false });
    expect(rows.scale).toEqual(scale);
    const found = (await integers(rows)).flat();
    found.forEach((q, at) => expect(Math.abs(q - matrix[at]! * scale[at % d]!)).toBeLessThanOrEqual(0.5));
    const energy = found.reduce((sum, q, at) => sum + (q / scale[at % d]!) ** 2, 0);
    expect(Math.abs(rows.energy / energy - 1)).toBeLessThan(1e-14);
    const lows = found.map((q, at) => (((q + 128) & 255) - 128) / scale[at % d]!);
    const sumOfSquares = (values: number[]) => values.reduce((sum, x) => sum + x * x, 0);
    expect(Math.abs(rows.lowEnergy / sumOfSquares(lows) - 1)).toBeLessThan(1e-14);
    expect(Math.abs(rows.highEnergy / sumOfSquares(found.map((q, at) => q / scale[at % d]! - lows[at]!)) - 1)).toBeLessThan(1e-14);
    const lengths = Array.from({ length: n }, (_, i) => Math.hypot(...found.slice(i * d, (i + 1) * d).map((q, c) => q / scale[c]!)));
    expect(Math.abs(rows.longest / Math.max(...lengths) - 1)).toBeLessThan(1e-14);
  });

  it('are the same whatever is kept of them, in any chunks, by any hands', async () => {
    const whole = await PlanedChunks.open(memoryRows('a', matrix, n, d), options, crew, unwatched);
    const all = await integers(whole);
    for (const [chunkRows, keptBytes, hands] of [
      [1, 0, 1],
      [3, 3 * d * 4, 2],
      [5, 1e9, 3],
      [100, 0, 2],
    ] as const) {
      const rows = await PlanedChunks.open(memoryRows('a', matrix, n, d), { ...options, chunkRows, keptBytes }, { ...crew, hands }, unwatched);
      expect([rows.energy, rows.highEnergy, rows.lowEnergy, rows.longest]).toEqual([whole.energy, whole.highEnergy, whole.lowEnergy, whole.longest]);
      for (let pass = 0; pass < 2; pass++) expect(await integers(rows)).toEqual(all);
    }
  });

  it('are read again only where they are not kept', async () => {
    const source = memoryRows('a', matrix, n, d);
    const read: number[] = [];
    const watched = { ...source, readInto: (start: number, end: number, out: Float64Array) => (read.push(start), source.readInto(start, end, out)) };
    const rows = await PlanedChunks.open(watched, { ...options, keptBytes: 2 * 4 * d * 4 }, crew, unwatched);
    expect(read.splice(0)).toEqual([0, 4, 8, 0, 4, 8]);
    await integers(rows);
    expect(read).toEqual([8]);
  });

  it('are read once where they are kept and single precision, and are the same', async () => {
    const singles = Float32Array.from(matrix);
    const source = memoryRows('a', singles, n, d);
    const read: number[] = [];
    const watched = { ...source, readInto: (start: number, end: number, out: Float32Array) => (read.push(start), source.readInto(start, end, out)) };
    const wide = await integers(await PlanedChunks.open(memoryRows('a', Float64Array.from(singles), n, d), options, crew, unwatched));
    for (const hands of [1, 2]) {
      const rows = await PlanedChunks.open(watched, { ...options, chunkRows: 2, keptBytes: 4 * 2 * d * 4 }, { ...crew, hands }, unwatched);
      expect(read.splice(0)).toEqual([0, 2, 4, 6, 8, 10, 8, 10]);
      expect(await integers(rows)).toEqual(wide);
      expect(read.splice(0)).toEqual([8, 10]);
    }
  });

  it('are read once, and are the same, where the range of each column is known', async () => {
    const column = (c: number) => matrix.filter((_, at) => at % d === c);
    const ends = (of: (...values: number[]) => number) => Float64Array.from({ length: d }, (_, c) => of(...column(c)));
    const range = { min: ends(Math.min), max: ends(Math.max) };
    const source = memoryRows('a', matrix, n, d);
    const read: number[] = [];
    const watched = { ...source, readInto: (start: number, end: number, out: Float64Array) => (read.push(start), source.readInto(start, end, out)) };
    const rows = await PlanedChunks.open(watched, { ...options, range }, crew, unwatched);
    const all = await integers(rows);
    expect(read).toEqual([0, 4, 8]);
    const whole = await PlanedChunks.open(source, options, crew, unwatched);
    expect([all, rows.energy]).toEqual([await integers(whole), whole.energy]);

    const refusal = async (values: Float64Array, negative: boolean) =>
      thrownBy(() => PlanedChunks.open(memoryRows('a', values, n, d), { ...options, negative, range }, crew, unwatched));
    expect(await refusal(matrix, false)).toMatchObject({ message: expect.stringMatching(/^a\[row \d+, column \d\]: negative/) as string });
    const beyond = 'a: a value out of the range of its column; accepted: values within the ranges that were given';
    for (const value of [1e6, NaN, -Infinity]) expect(await refusal(matrix.with(7, value), true)).toMatchObject({ message: beyond });
  });

  it('stop when they are told to', async () => {
    const control = {
      progress: () => undefined,
      throwIfCancelled: () => {
        throw cancelled();
      },
    };
    expect(await thrownBy(() => PlanedChunks.open(memoryRows('a', matrix, n, d), options, crew, control))).toMatchObject({ reason: 'CANCELLED' });
  });
});
