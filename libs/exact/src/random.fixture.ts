import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface RandomFixture {
  readonly fmix32: number[];
  readonly streams: {
    readonly seed: number;
    readonly stream: string;
    readonly uint32: number[];
    readonly uniform: number[];
    readonly gaussian: number[];
    readonly below3e9: number[];
    readonly permutation: number[];
  }[];
  readonly logarithms: [number, number][];
}

/** What fixtures/make_random.py computed. */
export const random = JSON.parse(readFileSync(join(__dirname, '../fixtures/random.json'), 'utf8')) as RandomFixture;
