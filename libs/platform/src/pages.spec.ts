import { pageSizeOf, pageTokenOf } from './pages.js';

it('a page has 1 to 1000 entries, 100 where nothing is asked', () => {
  expect([0, 1, 1000].map(pageSizeOf)).toEqual([100, 1, 1000]);
  expect(() => pageSizeOf(1001)).toThrow(expect.objectContaining({ field: 'page_size' }));
});

it('a token is empty, or one that a page has given', () => {
  expect(pageTokenOf('', /^x$/)).toBe('');
  expect(pageTokenOf('x', /^x$/)).toBe('x');
  expect(() => pageTokenOf('xx', /^x$/)).toThrow(expect.objectContaining({ field: 'page_token' }));
});
