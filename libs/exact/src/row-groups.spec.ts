import fc from 'fast-check';

import { oneGroup, rowBlock } from './row-groups.js';

describe('rows sorted by group', () => {
  it('have each its own place: behind the rows of the groups before, in row order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 60 }), fc.nat(1000), (own, start) => {
        const block = rowBlock({ groups: 5, of: (row) => own[row - start]! }, start, own.length);
        const sorted = own.map((_, row) => row).sort((a, b) => own[a]! - own[b]! || a - b);
        sorted.forEach((row, at) => {
          expect(block.group[row]).toBe(own[row]);
          expect(block.before[own[row]!]! + block.place[row]!).toBe(at);
        });
        expect(block.counts).toEqual([0, 1, 2, 3, 4].map((group) => own.filter((other) => other === group).length));
        expect([block.start, block.rows]).toEqual([start, own.length]);
      }),
    );
  });

  it('are as they come where there is one group', () => {
    const { counts, before, place } = rowBlock(oneGroup, 7, 3);
    expect([counts, before, [...place]]).toEqual([[3], [0], [0, 1, 2]]);
  });

  it('refuse a group that there is not, naming the row', () => {
    expect(() => rowBlock({ groups: 2, of: (row) => row }, 1, 3)).toThrow('group of row 2: no such group (got 2); accepted: 0 to 1');
  });
});
