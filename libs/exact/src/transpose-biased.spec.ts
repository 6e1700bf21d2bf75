import fc from 'fast-check';

import { threadArray } from './thread-array.js';
import { transposeBiased } from './transpose-biased.js';

/** A matrix of bytes of any values. */
function someBytes<T extends Int8Array>(bytes: T, seed: number): T {
  return bytes.map((_, at) => Math.imul(at + seed, 0x9e3779b1) >> 24) as T;
}

function expected(source: Int8Array, width: number, rows: number, from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: rows * (to - from) }, (_, at) => source[(at % rows) * width + from + Math.floor(at / rows)]! + 128);
}

describe.each([
  ['the kernels’ memory', (length: number) => threadArray('a spec', Uint8Array, length)],
  ['other memory', (length: number) => new Uint8Array(length)],
])('into %s', (_, room) => {
  it('columns of bytes become rows, each byte 128 more, of any size and wherever they lie', () => {
    const size = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(
        size,
        size,
        size,
        fc.nat(100),
        fc.integer({ min: 0, max: 5 }),
        fc.nat(),
        fc.boolean(),
        (rows, width, count, start, offset, seed, isKept) => {
          const from = Math.min(width - 1, start);
          const to = Math.min(width, from + count);
          const plain = someBytes(new Int8Array(rows * width), seed);
          const source = isKept
            ? threadArray('a source', Int8Array, offset + rows * width).subarray(offset)
            : new Int8Array(new SharedArrayBuffer(offset + rows * width), offset);
          source.set(plain);
          const out = room(rows * (to - from));
          transposeBiased(source, width, rows, from, to, out);
          expect(out).toEqual(expected(plain, width, rows, from, to));
        },
      ),
    );
  });

  it('more rows than are copied at a time as well', () => {
    const [rows, width] = [1003, 301];
    const source = someBytes(new Int8Array(rows * width), 1);
    const out = room(rows * (width - 2));
    transposeBiased(source, width, rows, 1, width - 1, out);
    expect(out).toEqual(expected(source, width, rows, 1, width - 1));
  });
});
