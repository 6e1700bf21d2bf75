import fc from 'fast-check';

import { copyColumns } from './copy-columns.js';
import { threadArray } from './thread-array.js';

describe.each([
  ['the kernels’ memory', (name: string, length: number) => threadArray(name, Int8Array, length)],
  ['other memory', (_: string, length: number) => new Int8Array(length)],
])('in %s', (_, room) => {
  it('columns of a matrix of bytes come to lie side by side, and nothing else is written over', () => {
    const size = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(size, size, fc.nat(50), fc.nat(50), (rows, width, first, count) => {
        const from = Math.min(first, width - 1);
        const to = Math.min(width, from + 1 + count);
        const source = room('a source', rows * width);
        source.forEach((_unused, at) => (source[at] = Math.imul(at + 1, 0x9e3779b1) >> 24));
        const out = room('a copy', rows * (to - from) + 1).fill(99);
        copyColumns(source, width, rows, from, to, out);
        const wanted = Array.from({ length: rows }, (_unused, row) => [...source.subarray(row * width + from, row * width + to)]);
        expect([...out]).toEqual([...wanted.flat(), 99]);
      }),
    );
  });
});
