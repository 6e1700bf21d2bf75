import { readFile } from 'node:fs/promises';
import { InputError } from '@fathom/errors';

/** What case.json may say of a folder of arrays. */
export interface ScoreCase {
  /** At least 3. @default 5 */
  readonly folds?: number;
  /** Ridge strengths to choose from, above 0, ascending. @default 1e-5, 1e-4, 1e-3, 1e-2, 1e-1 */
  readonly alphas?: readonly number[];
  /** Layers to use, in forward order. @default all, in the order of their names */
  readonly layers?: readonly string[];
  /** Checkpoints to use, in order of training. @default all, in the order of their names */
  readonly checkpoints?: readonly string[];
  /** Seed of masks, random orders and the null. @default 0 */
  readonly seed?: number;
}

/** Reads case.json; an absent file sets nothing. Keys that are not known are passed over. Throws an InputError that names the key. */
export async function readScoreCase(path: string): Promise<ScoreCase> {
  const text = await readIfThere(path);
  if (text === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new InputError({ field: path, problem: `is not JSON: ${(cause as Error).message}`, accepted: 'a JSON object', cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new InputError({ field: path, problem: 'is no JSON object', accepted: 'an object with folds, alphas, layers, checkpoints, seed' });
  const { folds, alphas, layers, checkpoints, seed } = parsed as Record<string, unknown>;
  const check = (field: string, value: unknown, holds: boolean, accepted: string): void => {
    if (value !== undefined && !holds)
      throw new InputError({ field: `case.json: ${field}`, problem: 'is of the wrong kind or out of range', value, accepted });
  };
  check('folds', folds, Number.isInteger(folds) && (folds as number) >= 3, 'a whole number of at least 3');
  check('alphas', alphas, isRising(alphas), 'a list of finite numbers above 0, ascending');
  check('layers', layers, isNames(layers), 'a list of tensor names');
  check('checkpoints', checkpoints, isNames(checkpoints), 'a list of tensor names');
  check('seed', seed, Number.isSafeInteger(seed) && (seed as number) >= 0, 'a whole number of at least 0');
  return parsed;
}

function isRising(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((alpha, i) => Number.isFinite(alpha) && alpha > 0 && (i === 0 || alpha > value[i - 1]))
  );
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new InputError({ field: path, problem: `cannot be read (${code})`, accepted: 'a JSON file, or none', cause });
  }
}
