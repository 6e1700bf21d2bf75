import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FathomError, InputError } from '@fathom/errors';
import { JsonField } from './json-field.js';
import { readPreprocessing, type StudyPreprocessing } from './study-preprocessing.js';

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
  readonly folder?: {
    readonly path: string;
    readonly gray?: boolean;
    readonly width?: number;
    readonly height?: number;
    readonly fit?: 'cover' | 'contain' | 'fill';
    readonly skipBad?: boolean;
  };
  readonly array?: { readonly images: string; readonly tensor?: string; readonly labels?: string; readonly labelsTensor?: string };
  /** @default 0 */
  readonly first: number;
  /** 0 for all. @default 0 */
  readonly count: number;
}

/** Everything a study needs, with paths made absolute; docs/cli.md shows one. */
export interface StudyFile {
  readonly name: string;
  readonly preprocessing: StudyPreprocessing;
  readonly checkpoints: readonly NetworkEntry[];
  readonly controls: readonly NetworkEntry[];
  /** Tensors to tap in every network, in forward order. @default none: the residual blocks that are found */
  readonly taps: readonly string[];
  readonly classNames: readonly string[];
  readonly test: ImagesEntry;
  readonly train: ImagesEntry;
  /** @default 10 */
  readonly atomsPerClass: number;
  /** @default 0 */
  readonly seed: number;
  /** Whether the published, in-sample variant of K is computed too; it needs more images than channels. @default true */
  readonly published: boolean;
  /** Bits of the fixed point that K, Λ, flow and locality are computed with, 16 or 24. @default 16 */
  readonly bits: 16 | 24;
  /** @default 100 images, 100 draws, sigmas 0.01, 0.1 and 0.5 */
  readonly noise: { readonly images: number; readonly draws: number; readonly sigmas: readonly number[] };
}

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

/** Checks the content of a study file and fills in defaults. Throws an InputError that names the key. */
export function checkStudyFile(parsed: unknown, folder: string): StudyFile {
  const file = new JsonField('study file', parsed).object(
    ['name', 'preprocessing', 'checkpoints', 'test', 'train'],
    ['controls', 'taps', 'classNames', 'atomsPerClass', 'seed', 'published', 'bits', 'noise'],
  );
  const noise = file.noise?.object([], ['images', 'draws', 'sigmas']);
  return {
    name: file.name.text(),
    preprocessing: readPreprocessing(file.preprocessing),
    checkpoints: file.checkpoints.list().map((entry) => network(entry, folder)),
    controls: (file.controls?.list() ?? []).map((entry) => network(entry, folder)),
    taps: (file.taps?.list() ?? []).map((entry) => entry.text()),
    classNames: (file.classNames?.list() ?? []).map((entry) => entry.text()),
    test: images('test', file.test, folder),
    train: images('train', file.train, folder),
    atomsPerClass: file.atomsPerClass?.whole() ?? 10,
    seed: file.seed?.whole() ?? 0,
    published: file.published?.flag() ?? true,
    bits: bits(file.bits),
    noise: {
      images: noise?.images?.whole() ?? 100,
      draws: noise?.draws?.whole() ?? 100,
      sigmas: noise?.sigmas?.list().map((entry) => entry.number()) ?? [0.01, 0.1, 0.5],
    },
  };
}

function bits(entry: JsonField | undefined): 16 | 24 {
  const given = entry?.whole() ?? 16;
  if (given === 16 || given === 24) return given;
  throw new InputError({ field: entry!.name, problem: 'no fixed point', value: given, accepted: '16 or 24' });
}

function network(entry: JsonField, folder: string): NetworkEntry {
  const { name, path, epoch } = entry.object(['name', 'path'], ['epoch']);
  return { name: name.text(), path: resolve(folder, path.text()), epoch: epoch?.whole() ?? 0 };
}

function images(role: string, entry: JsonField, folder: string): ImagesEntry {
  const { idx, folder: byFolder, array, name, first, count } = entry.object([], ['idx', 'folder', 'array', 'name', 'first', 'count']);
  if ([idx, byFolder, array].filter((source) => source !== undefined).length !== 1)
    throw new InputError({ field: entry.name, problem: 'needs one source', value: entry.value, accepted: 'one of idx, folder, array' });
  const at = (path: JsonField): string => resolve(folder, path.text());
  return {
    name: name?.text() ?? role,
    ...defined('idx', idx && idxImages(idx, at)),
    ...defined('folder', byFolder && folderImages(byFolder, at)),
    ...defined('array', array && arrayImages(array, at)),
    first: first?.whole() ?? 0,
    count: count?.whole() ?? 0,
  };
}

function idxImages(field: JsonField, at: (path: JsonField) => string): ImagesEntry['idx'] {
  const { images, labels } = field.object(['images'], ['labels']);
  return { images: at(images), ...defined('labels', labels && at(labels)) };
}

function folderImages(field: JsonField, at: (path: JsonField) => string): ImagesEntry['folder'] {
  const { path, gray, width, height, fit, skipBad } = field.object(['path'], ['gray', 'width', 'height', 'fit', 'skipBad']);
  return {
    path: at(path),
    ...defined('gray', gray?.flag()),
    ...defined('width', width?.whole()),
    ...defined('height', height?.whole()),
    ...defined('fit', fit?.oneOf(['cover', 'contain', 'fill'] as const)),
    ...defined('skipBad', skipBad?.flag()),
  };
}

function arrayImages(field: JsonField, at: (path: JsonField) => string): ImagesEntry['array'] {
  const { images, tensor, labels, labelsTensor } = field.object(['images'], ['tensor', 'labels', 'labelsTensor']);
  return {
    images: at(images),
    ...defined('tensor', tensor?.text()),
    ...defined('labels', labels && at(labels)),
    ...defined('labelsTensor', labelsTensor?.text()),
  };
}

function defined<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

/** The same study, leaving out images of class folders that cannot be read. */
export function skippingBad(file: StudyFile): StudyFile {
  const lenient = (images: ImagesEntry): ImagesEntry => (images.folder ? { ...images, folder: { ...images.folder, skipBad: true } } : images);
  return { ...file, test: lenient(file.test), train: lenient(file.train) };
}
