import { InputError } from '@fathom/errors';
import { MOST_STEPS } from '@fathom/exact';
import type { ColumnRanges } from './chunk-planes.js';
import { requireCount } from './row-blocks.js';

/** How a non-negative factorisation is fitted (docs/measures.md §1a). */
export interface NmfOptions {
  /** Where the numbers come from with which atoms beyond the rank of the data start; an integer, 0..2^53−1. */
  readonly seed: number;
  /** Number of atoms r, 1..65,536. @default 10 */
  readonly atoms?: number;
  /** Fitting ends when a sweep lowers the loss by less than this share of it; at least 0, below 1. @default 1e-4 */
  readonly tolerance?: number;
  /** Fitting ends after so many sweeps at the latest; at least 1. @default 500 */
  readonly maxSweeps?: number;
  /** Names an independent stream of the seed. @default 'nmf' */
  readonly stream?: string;
  /** Rows that are read at a time, 1 to 65,536. Changes the memory that is needed, never a bit of the result. @default 2048 */
  readonly blockRows?: number;
  /** Bytes of rows that are kept in memory, 4 a value; rows beyond are read again in every sweep. At least 0. @default 2^30 */
  readonly keptBytes?: number;
  /** Least and greatest value of each column, where they are known: then rows are not read for them. */
  readonly range?: ColumnRanges;
}

/** The options with every default filled in. */
export type FilledOptions = Required<Omit<NmfOptions, 'range'>> & Pick<NmfOptions, 'range'>;

/** The options with every default filled in. @throws InputError naming the first field that is wrong */
export function resolveNmfOptions(options: NmfOptions): FilledOptions {
  const filled = {
    seed: options.seed,
    atoms: options.atoms ?? 10,
    tolerance: options.tolerance ?? 1e-4,
    maxSweeps: options.maxSweeps ?? 500,
    stream: options.stream ?? 'nmf',
    blockRows: options.blockRows ?? 2048,
    keptBytes: options.keptBytes ?? 2 ** 30,
    ...(options.range && { range: options.range }),
  };
  requireCount('atoms', filled.atoms, 65_536);
  requireCount('maxSweeps', filled.maxSweeps);
  requireCount('blockRows', filled.blockRows, MOST_STEPS);
  if (!(filled.keptBytes >= 0))
    throw new InputError({ field: 'keptBytes', problem: 'out of range', value: filled.keptBytes, accepted: 'a number of at least 0' });
  if (!(filled.tolerance >= 0 && filled.tolerance < 1))
    throw new InputError({ field: 'tolerance', problem: 'out of range', value: filled.tolerance, accepted: 'a number of at least 0 and below 1' });
  if (!Number.isSafeInteger(filled.seed) || filled.seed < 0)
    throw new InputError({ field: 'seed', problem: 'not a seed', value: filled.seed, accepted: 'an integer from 0 to 2^53 − 1' });
  return filled;
}
