import { mirrorLower } from './mirror-lower.js';

it('what is below the diagonal of a square matrix is copied to above it', () => {
  const matrix = Float64Array.of(1, 0, 0, 2, 3, 0, 4, 5, 6);
  mirrorLower(matrix, 3);
  expect([...matrix]).toEqual([1, 2, 4, 2, 3, 5, 4, 5, 6]);
  expect(() => mirrorLower(matrix, 2)).toThrow('matrix: wrong length (got 9)');
});
