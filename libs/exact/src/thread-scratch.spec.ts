import { threadScratch } from './thread-scratch.js';

it('the memory of a name is used again where it is large enough, and no other name has it', () => {
  const buffer = threadScratch('a spec', 64);
  expect(threadScratch('a spec', 8)).toBe(buffer);
  expect(threadScratch('another spec', 8)).not.toBe(buffer);
  expect(threadScratch('a spec', 65).byteLength).toBeGreaterThanOrEqual(65);
});
