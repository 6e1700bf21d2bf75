import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FathomError, InputError } from '@fathom/errors';

/** A network of a study file. */
export interface NetworkEntry {
  readonly name: string;
  /** Path of the ONNX file. */
  readonly path: string;
  /** Epochs trained. @default 0 */
  readonly epoch: number;
}

/** Images of a study file: one of `idx`, `folder`, `array`, and which rows of them. */
export interface ImagesEntry {
  readonly name: string;
  readonly idx?: { readonly images: string; readonly labels?: string };
  readonly folder?: { readonly path: string; readonly gray?: boolean; readonly width?: number; readonly height?: number; readonly fit?: 'cover' | 'contain' | 'fill'; readonly skipBad?: boolean };
  readonly array?: { readonly images: string; readonly tensor?: string; readonly labels?: string; readonly labelsTensor?: string };
  /** @default 0 */
  readonly first: number;
  /** 0 for all. @default 0 */
  readonly count: number;
}

/** Everything a study needs, with paths made absolute; docs/cli.md shows one. */
export interface StudyFile {
  readonly name: string;
  readonly preprocessing: {
    readonly width: number;
    readonly height: number;
    readonly channelOrder: 'GRAY' | 'RGB' | 'BGR';
    readonly scale: number;
    readonly mean: readonly number[];
    readonly standardDeviation: readonly number[];
  };
  readonly checkpoints: readonly NetworkEntry[];
  readonly controls: readonly NetworkEntry[];
  readonly classNames: readonly string[];
  readonly test: ImagesEntry;
  readonly train: ImagesEntry;
  readonly atomsPerClass: number;
  readonly seed: number;
  readonly noise: { readonly images: number; readonly draws: number; readonly sigmas: readonly number[] };
}

const KEYS = ['name', 'preprocessing', 'checkpoints', 'controls', 'classNames', 'test', 'train', 'atomsPerClass', 'seed', 'noise'];

/** Reads a study file (JSON). Relative paths are taken from its folder. Throws an InputError that names what is wrong. */
export async function readStudyFile(path: string): Promise<StudyFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FathomError('NOT_FOUND', `the study file ${path} cannot be read: ${(cause as Error).message}`, { cause, metadata: { path } });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new InputError({ field: path, problem: `is not JSON: ${(cause as Error).message}`, accepted: 'a JSON object', cause });
  }
  return checkStudyFile(parsed, dirname(resolve(path)));
}

/** Checks the content of a study file and fills in defaults. */
export function checkStudyFile(parsed: unknown, folder: string): StudyFile {
  const given = record('study file', parsed);
  const unknown = Object.keys(given).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new InputError({ field: unknown, problem: 'is no key of a study file', value: given[unknown], accepted: KEYS.join(', ') });
  const preprocessing = record('preprocessing', given['preprocessing']);
  const noise = record('noise', given['noise'] ?? {});
  return {
    name: text('name', given['name']),
    preprocessing: {
      width: number('preprocessing.width', preprocessing['width']),
      height: number('preprocessing.height', preprocessing['height']),
      channelOrder: text('preprocessing.channelOrder', preprocessing['channelOrder']) as 'GRAY',
      scale: number('preprocessing.scale', preprocessing['scale']),
      mean: numbers('preprocessing.mean', preprocessing['mean']),
      standardDeviation: numbers('preprocessing.standardDeviation', preprocessing['standardDeviation']),
    },
    checkpoints: networks('checkpoints', given['checkpoints'], folder),
    controls: networks('controls', given['controls'] ?? [], folder),
    classNames: texts('classNames', given['classNames'] ?? []),
    test: images('test', given['test'], folder),
    train: images('train', given['train'], folder),
    atomsPerClass: number('atomsPerClass', given['atomsPerClass'] ?? 10),
    seed: number('seed', given['seed'] ?? 0),
    noise: {
      images: number('noise.images', noise['images'] ?? 100),
      draws: number('noise.draws', noise['draws'] ?? 100),
      sigmas: numbers('noise.sigmas', noise['sigmas'] ?? [0.01, 0.1, 0.5]),
    },
  };
}

function networks(field: string, value: unknown, folder: string): NetworkEntry[] {
  return list(field, value).map((entry, index) => {
    const { name, path, epoch } = record(`${field}[${index}]`, entry);
    return {
      name: text(`${field}[${index}].name`, name),
      path: resolve(folder, text(`${field}[${index}].path`, path)),
      epoch: number(`${field}[${index}].epoch`, epoch ?? 0),
    };
  });
}

function images(field: string, value: unknown, folder: string): ImagesEntry {
  const { idx, folder: byFolder, array, name, first, count } = record(field, value);
  if ([idx, byFolder, array].filter((source) => source !== undefined).length !== 1)
    throw new InputError({ field, problem: 'needs one source', value, accepted: 'one of idx, folder, array' });
  const at = (key: string, path: unknown): string => resolve(folder, text(`${field}.${key}`, path));
  const source = record(field, idx ?? byFolder ?? array);
  const labels = source['labels'] === undefined ? {} : { labels: at('labels', source['labels']) };
  return {
    name: text(`${field}.name`, name ?? field),
    ...(idx === undefined ? {} : { idx: { images: at('idx.images', source['images']), ...labels } }),
    ...(byFolder === undefined ? {} : { folder: { ...source, path: at('folder.path', source['path']) } }),
    ...(array === undefined ? {} : { array: { ...source, images: at('array.images', source['images']), ...labels } }),
    first: number(`${field}.first`, first ?? 0),
    count: number(`${field}.count`, count ?? 0),
  };
}

function record(field: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError({ field, problem: 'is no object', value, accepted: 'an object' });
  return value as Record<string, unknown>;
}

function list(field: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new InputError({ field, problem: 'is no list', value, accepted: 'a list' });
  return value;
}

function text(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new InputError({ field, problem: 'is no text', value, accepted: 'text' });
  return value;
}

function texts(field: string, value: unknown): string[] {
  return list(field, value).map((entry, index) => text(`${field}[${index}]`, entry));
}

function number(field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new InputError({ field, problem: 'is no number', value, accepted: 'a number' });
  return value;
}

function numbers(field: string, value: unknown): number[] {
  return list(field, value).map((entry, index) => number(`${field}[${index}]`, entry));
}
