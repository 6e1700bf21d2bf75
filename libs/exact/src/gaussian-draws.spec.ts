import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Prng } from './prng.js';

/** What fixtures/make_gaussian_digest.py computed. */
const golden = JSON.parse(readFileSync(join(__dirname, '../fixtures/gaussian-digest.json'), 'utf8')) as {
  readonly seed: number;
  readonly stream: string;
  readonly count: number;
  readonly sha256: string;
};

it('a million Gaussian draws have, as little-endian float64 bytes, the digest of an independent program', () => {
  const { seed, stream, count, sha256 } = golden;
  expect(count).toBe(1_000_000);
  const draws = new Float64Array(count);
  new Prng(seed, stream).fillGaussian(draws);
  const bytes = Buffer.alloc(8 * count);
  for (let at = 0; at < count; at += 1) bytes.writeDoubleLE(draws[at]!, 8 * at);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
});
