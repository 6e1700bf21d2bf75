import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file that fixtures/make.py made. */
export function known<T>(name: string): T {
  return JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', name), 'utf8')) as T;
}

export interface NmfCase {
  name: string;
  n: number;
  d: number;
  atoms: number;
  matrix: number[];
  start: { codes: number[]; atoms: number[] };
  lossAfter: [number, number][];
  bestLoss: number;
}

export interface NnlsCase {
  name: string;
  k: number;
  d: number;
  n: number;
  atoms: number[];
  rows: number[];
  codes: number[];
}
