import fc from 'fast-check';
import { indexOfPart, indexParts, rowParts, rowsOfPart, ROWS_PER_PART } from './row-parts.js';

it('parts of rows cover every row once, in order, and begin where blocks of digests do', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), (count) => {
      let next = 0;
      for (const part of rowParts(count)) {
        const { start, end } = rowsOfPart(part, count);
        expect(start).toBe(next);
        expect(start % ROWS_PER_PART).toBe(0);
        expect(end).toBeGreaterThan(start);
        next = end;
      }
      expect(next).toBe(count);
    }),
  );
  expect(rowParts(0)).toEqual([]);
});

it('a part holds the rows that its name says, as many as there are', () => {
  expect(rowsOfPart('rows-00001024-00004096', 9000)).toEqual({ start: 1024, end: 4096 });
  expect(rowsOfPart('rows-00001024-00004096', 2000)).toEqual({ start: 1024, end: 2000 });
});

it('names of parts may end a key of the store, and sort as they count', () => {
  const parts = [...rowParts(3_000_000), ...indexParts('layer', 1000)];
  for (const part of parts) expect(part).toMatch(/^[a-z0-9][a-z0-9._/-]*$/);
  expect([...rowParts(3_000_000)].sort()).toEqual(rowParts(3_000_000));
});

it('an index is found again in its name', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 5000 }), (index) => expect(indexOfPart(indexParts('a-b', index + 1)[index]!)).toBe(index)));
});
