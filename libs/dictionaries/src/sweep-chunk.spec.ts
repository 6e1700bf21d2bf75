import { referenceEngine } from '@fathom/exact';
import { cutVectors, emptyVectors, scaleFor, type Digits } from './byte-digits.js';
import { emptyPlanes } from './chunk-planes.js';
import { emptySums } from './code-sums.js';
import { gaussianMatrix } from './compare.fixture.js';
import { cutChunk } from './cut-chunk.js';
import { sweepChunk } from './sweep-chunk.js';

/** Σ_level value_level·256^(last − level), which no float64 needs to hold. */
function joined(levels: Float64Array, size: number): bigint[] {
  return Array.from({ length: size }, (_, at) => {
    let value = 0n;
    for (let place = at; place < levels.length; place += size) value = value * 256n + BigInt(levels[place]!);
    return value;
  });
}

it.each([
  [1, 1, 3, false],
  [37, 5, 2, false],
  [37, 5, 2, true],
  [11_001, 3, 3, false], // more than is cut at a time
] as const)(
  'codes of %d rows and %d vectors, as integers of %d digits, are summed exactly (of high bytes: %s)',
  async (n, r, digits: Digits, isCoarse) => {
    const d = 2;
    const values = gaussianMatrix(n * d, 5);
    const scale = new Float64Array(d).fill(scaleFor(8, 2));
    const planes = emptyPlanes(n, d, new SharedArrayBuffer(4 * n * d));
    await cutChunk.run({ name: 'a', values, firstRow: 0, columns: d, scale, planes }, referenceEngine);
    const vectors = emptyVectors(r, d, digits);
    const vectorValues = gaussianMatrix(r * d, 6);
    cutVectors(vectorValues, scale, vectors);
    const codeScale = Float64Array.from({ length: r }, (_, j) => scaleFor(64, digits) / 2 ** j);
    const [codes, sums] = [new Float64Array(n * r), emptySums(r, d, digits)];
    await sweepChunk.run({ planes, codes, into: codes, codeScale, vectors, sums, isCoarse }, referenceEngine);

    const integers = Array.from(codes, (code, at) => BigInt(code * codeScale[at % r]!));
    expect(integers.some((integer) => integer < 0n)).toBe(true);
    const rows = Array.from(values, (value) =>
      BigInt(isCoarse ? 256 * Math.floor((Math.round(value * scale[0]!) + 128) / 256) : Math.round(value * scale[0]!)),
    );
    const dot = (one: readonly bigint[], a: number, of: number, other: readonly bigint[], b: number, with_: number): bigint =>
      Array.from({ length: n }, (_, i) => one[i * of + a]! * other[i * with_ + b]!).reduce((sum, product) => sum + product, 0n);
    const each = (count: number, of: (j: number, c: number) => bigint) =>
      Array.from({ length: r * count }, (_, at) => of(Math.floor(at / count), at % count));
    const own = Array.from({ length: n * r }, (_, at) =>
      [0, 1].reduce((sum, c) => sum + (Number(rows[Math.floor(at / r) * d + c]!) / scale[0]!) * vectorValues[(at % r) * d + c]!, 0),
    );
    own.forEach((value, at) => expect(Math.abs(value - codes[at]!)).toBeLessThan(1 / codeScale[at % r]! + 2e-3));
    expect(joined(sums.cross, r * d)).toEqual(each(d, (j, c) => dot(integers, j, r, rows, c, d)));
    expect(joined(sums.gram, r * r)).toEqual(each(r, (j, l) => dot(integers, j, r, integers, l, r)));
  },
);
