import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FathomError, InputError } from '@fathom/errors';
import { fileBytes, openSafetensors, toFloat64, type RowSource, type SafetensorsFile } from '@fathom/tensors';
import type { Bits } from '@fathom/exact';
import { layerOrder } from './layer-order.js';
import { readScoreCase } from './score-case.js';

/** A matrix that fits in memory. */
export interface Matrix {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** What a folder of arrays holds; what is not there is undefined. */
export interface ScoreInputs {
  /** Layers in forward order; the last is the penultimate. */
  readonly layers: readonly RowSource[];
  readonly layerNames: readonly string[];
  readonly codes: RowSource;
  readonly head?: { readonly W: Matrix; readonly b: Float64Array };
  readonly dictionary?: Matrix;
  readonly masks?: Matrix;
  readonly noisy?: { readonly source: RowSource; readonly strengths: number; readonly draws: number; readonly images: number };
  readonly checkpoints?: readonly RowSource[];
  readonly checkpointNames?: readonly string[];
  readonly labels?: Int32Array;
  readonly permutation?: Uint32Array;
  readonly folds: number;
  readonly alphas?: readonly number[];
  readonly seed: number;
  /** Of the fixed point (docs/measures.md §10.2). */
  readonly bits: Bits;
  close(): Promise<void>;
}

/** Opens a folder of arrays, to be scored with so many bits. Throws an InputError or FathomError that names the file and tensor that are wrong or missing. */
export async function openScoreInputs(folder: string, bits: Bits): Promise<ScoreInputs> {
  const open: SafetensorsFile[] = [];
  const file = async (name: string): Promise<SafetensorsFile | undefined> => {
    const path = join(folder, name);
    if (!(await exists(path))) return undefined;
    const opened = await openSafetensors(await fileBytes(path));
    open.push(opened);
    return opened;
  };
  const close = async (): Promise<void> => {
    await Promise.all(open.map((opened) => opened.close()));
  };
  try {
    return { bits, ...(await readFolder(folder, file)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readFolder(
  folder: string,
  file: (name: string) => Promise<SafetensorsFile | undefined>,
): Promise<Omit<ScoreInputs, 'close' | 'bits'>> {
  const settings = await readScoreCase(join(folder, 'case.json'));
  const layersFile = await required(folder, 'layers.safetensors', file);
  const codesFile = await required(folder, 'codes.safetensors', file);
  requireTensors(layersFile, 'layers.safetensors', 'one tensor [n, d] per layer');
  const layerNames = layerOrder('layers', layersFile.names, settings.layers);
  const layers = layerNames.map((name) => rank2(layersFile, 'layers.safetensors', name));
  const codes = rank2(codesFile, 'codes.safetensors', 'z');
  requireRows('codes.safetensors: z', codes.rows, layers[0]!.rows);
  layers.forEach((layer, index) => requireRows(`layers.safetensors: ${layerNames[index]}`, layer.rows, layers[0]!.rows));
  const checkpointsFile = await file('checkpoints.safetensors');
  if (checkpointsFile) requireTensors(checkpointsFile, 'checkpoints.safetensors', 'one tensor [n, d] per checkpoint');
  const checkpointNames = checkpointsFile && layerOrder('checkpoints', checkpointsFile.names, settings.checkpoints);
  const checkpoints = checkpointsFile && checkpointNames?.map((name) => rank2(checkpointsFile, 'checkpoints.safetensors', name));
  checkpoints?.forEach((point, index) => requireRows(`checkpoints.safetensors: ${checkpointNames?.[index]}`, point.rows, layers[0]!.rows));
  const rows = await file('rows.safetensors');
  const n = codes.rows;
  const head = await headIn(await file('head.safetensors'), layers.at(-1)!.columns);
  const masks = await matrixIn(await file('masks.safetensors'), 'masks.safetensors', 'm', [undefined, layers.at(-1)!.columns]);
  if (masks) requireMasks(masks);
  const labels = await integersIn(rows, 'labels', n, head?.b.length, (values) => Int32Array.from(values));
  const permutation = await integersIn(rows, 'permutation', n, n, (values) => Uint32Array.from(values));
  if (permutation) requirePermutation(permutation);
  return {
    layers,
    layerNames,
    codes,
    ...present('head', head),
    ...present(
      'dictionary',
      await matrixIn(await file('dictionary.safetensors'), 'dictionary.safetensors', 'D', [codes.columns, layers.at(-1)!.columns]),
    ),
    ...present('masks', masks),
    ...present('noisy', noisyIn(await file('noisy_codes.safetensors'), codes.columns)),
    ...present('checkpoints', checkpoints),
    ...present('checkpointNames', checkpointNames),
    ...present('labels', labels),
    ...present('permutation', permutation),
    folds: settings.folds ?? 5,
    ...present('alphas', settings.alphas),
    seed: settings.seed ?? 0,
  };
}

function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

async function required(folder: string, name: string, file: (name: string) => Promise<SafetensorsFile | undefined>): Promise<SafetensorsFile> {
  const opened = await file(name);
  if (!opened)
    throw new FathomError('NOT_FOUND', `${join(folder, name)} is missing; a folder of arrays needs layers.safetensors and codes.safetensors`, {
      metadata: { file: name },
    });
  return opened;
}

function requireTensors(file: SafetensorsFile, where: string, accepted: string): void {
  if (file.names.length === 0) throw new InputError({ field: where, problem: 'holds no tensor', accepted });
}

function rank2(file: SafetensorsFile, where: string, name: string): RowSource {
  requireShape(file, where, name, [undefined, undefined]);
  return file.rows(name);
}

/** Checks that a tensor is there and has a shape; undefined stands for any size of at least 1. */
function requireShape(file: SafetensorsFile, where: string, name: string, wanted: readonly (number | undefined)[]): readonly number[] {
  if (!file.names.includes(name))
    throw new InputError({ field: where, problem: `has no tensor "${name}"`, value: file.names, accepted: `a tensor "${name}"` });
  const { shape } = file.info(name);
  const fits = shape.length === wanted.length && shape.every((size, i) => size > 0 && (wanted[i] === undefined || wanted[i] === size));
  if (!fits)
    throw new InputError({
      field: `${where}: ${name}`,
      problem: 'has the wrong shape',
      value: shape,
      accepted: `[${wanted.map((size) => size ?? 'any').join(', ')}]`,
    });
  return shape;
}

function requireRows(field: string, rows: number, wanted: number): void {
  if (rows !== wanted)
    throw new InputError({ field, problem: 'has another number of rows than the first layer', value: rows, accepted: `${wanted} rows` });
}

async function matrixIn(
  file: SafetensorsFile | undefined,
  where: string,
  name: string,
  wanted: readonly (number | undefined)[],
): Promise<Matrix | undefined> {
  if (!file) return undefined;
  const [rows = 0, columns = 0] = requireShape(file, where, name, wanted);
  return { values: await finiteValues(file, where, name, columns), rows, columns };
}

/** A whole tensor as float64; an InputError names the row and column of the first value that is NaN or infinite. */
async function finiteValues(file: SafetensorsFile, where: string, name: string, columns: number): Promise<Float64Array> {
  const values = toFloat64(await file.tensor(name));
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const place = `row ${Math.floor(wrong / columns)}, column ${wrong % columns}`;
    throw new InputError({ field: `${where}: ${name}, ${place}`, problem: 'is not finite', value: values[wrong], accepted: 'finite numbers' });
  }
  return values;
}

async function headIn(file: SafetensorsFile | undefined, width: number): Promise<ScoreInputs['head']> {
  const W = await matrixIn(file, 'head.safetensors', 'W', [width, undefined]);
  if (!file || !W) return undefined;
  requireShape(file, 'head.safetensors', 'b', [W.columns]);
  return { W, b: await finiteValues(file, 'head.safetensors', 'b', W.columns) };
}

function noisyIn(file: SafetensorsFile | undefined, features: number): ScoreInputs['noisy'] {
  if (!file) return undefined;
  const [strengths = 0, draws = 0, images = 0] = requireShape(file, 'noisy_codes.safetensors', 'z', [undefined, undefined, undefined, features]);
  return { source: file.rows('z', 3), strengths, draws, images };
}

/** A tensor of whole numbers from 0 to `below` − 1; without `below`, to the largest that 32 bits hold. */
async function integersIn<T>(
  file: SafetensorsFile | undefined,
  name: string,
  n: number,
  below: number | undefined,
  convert: (values: Float64Array) => T,
): Promise<T | undefined> {
  if (!file?.names.includes(name)) return undefined;
  requireShape(file, 'rows.safetensors', name, [n]);
  const values = toFloat64(await file.tensor(name));
  const most = (below ?? 0x80000000) - 1;
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value > most);
  if (wrong >= 0)
    throw new InputError({
      field: `rows.safetensors: ${name}, row ${wrong}`,
      problem: 'is out of range',
      value: values[wrong],
      accepted: `whole numbers from 0 to ${most}`,
    });
  return convert(values);
}

function requirePermutation(permutation: Uint32Array): void {
  const seen = new Uint8Array(permutation.length);
  permutation.forEach((value, row) => {
    if (seen[value] === 1)
      throw new InputError({
        field: `rows.safetensors: permutation, row ${row}`,
        problem: 'comes a second time',
        value,
        accepted: 'each row number once',
      });
    seen[value] = 1;
  });
}

function requireMasks({ values, columns }: Matrix): void {
  const wrong = values.findIndex((value) => value !== 0 && value !== 1);
  if (wrong >= 0) {
    const place = `row ${Math.floor(wrong / columns)}, column ${wrong % columns}`;
    throw new InputError({
      field: `masks.safetensors: m, ${place}`,
      problem: 'is no mask',
      value: values[wrong],
      accepted: '0 (removed) or 1 (kept)',
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return false;
      throw new InputError({ field: path, problem: `cannot be read (${cause.code})`, accepted: 'a file that can be read, or none', cause });
    },
  );
}
