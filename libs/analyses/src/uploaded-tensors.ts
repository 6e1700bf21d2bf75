import { join } from 'node:path';
import type { ArtifactStore, ShardRecord } from '@fathom/artifacts';
import type { upload } from '@fathom/contracts';
import { InputError, type Control } from '@fathom/errors';
import { BLOCK_ROWS, fileBytes, isFloating, openSafetensors, toFloat64, type Json, type RowSource, type SafetensorsFile } from '@fathom/tensors';
import type { CodesAttributes } from './activations.js';
import { digestOf, openKind, requireSize } from './artifact-fields.js';
import type { ActivationsAttributes } from './extract-activations.js';
import type { JobContext, JobOutput } from './job.js';
import { descriptionOf } from './model-description.js';

type Context = Pick<JobContext, 'artifacts' | 'control'>;

const MOST_SHARD_BYTES = 2 ** 26;
const MOST_LABEL = 2 ** 31 - 2;

/** Checks what the rows are said to be, and fills in nothing. @throws InputError naming the field */
export function requireRowsOf(field: string, rows: upload.UploadedRows | undefined): upload.UploadedRows {
  const images = rows?.images ?? '';
  if (images.startsWith('sha256:')) digestOf(`${field}.images`, { contentDigest: images });
  if (rows && images.length >= 1 && images.length <= 200) return rows;
  throw new InputError({
    field: `${field}.images`,
    problem: images === '' ? 'is missing' : 'is too long',
    value: images,
    accepted: 'the content digest of an image set, or a name of 1 to 200 characters',
  });
}

/** An "activations" artifact of uploaded layers. @throws InputError naming file and tensor */
export async function activationsOutput(request: upload.UploadedActivations, folder: string, context: Context): Promise<JobOutput> {
  const { images, first } = requireRowsOf('activations.rows', request.rows);
  return withFiles(folder, async (open) => {
    const layers = await Promise.all(request.layers.map((each) => matrixOf(each, open)));
    const taps = request.layers.map(({ tensor }) => tensor);
    const [last, penultimate] = [layers.at(-1), taps.at(-1)];
    if (!last || penultimate === undefined)
      throw new InputError({ field: 'activations.layers', problem: 'are missing', accepted: 'at least one tensor' });
    const twice = taps.find((tap, index) => tap === 'labels' || taps.indexOf(tap) !== index);
    if (twice !== undefined)
      throw new InputError({
        field: 'activations.layers',
        problem: 'use a name twice',
        value: twice,
        accepted: 'names that differ, and are not "labels"',
      });
    layers.forEach((layer, index) => requireSize(`activations.layers[${index}]`, 'rows', layer.rows, last.rows));
    const labels = request.labels && (await labelsIn(request.labels, last.rows, open));
    const model = request.model && (await openKind(context.artifacts, 'activations.model', request.model, 'model'));
    const description = model && descriptionOf(model);
    if (description) requireSize('activations.model', 'channels', description.penultimateWidth, last.columns);
    const classes = request.classes || (description?.classes ?? labels?.reduce((most, label) => Math.max(most, label + 1), 0) ?? 0);
    const attributes: ActivationsAttributes = {
      model: model?.digest ?? '',
      images,
      rows: { first, count: last.rows },
      taps,
      penultimate,
      branches: [],
      pooling: 'elsewhere',
      classes,
    };
    const shards: ShardRecord[] = [];
    for (const [index, layer] of layers.entries()) shards.push(...(await storeRows(taps[index]!, layer, context.artifacts, context.control)));
    if (labels) shards.push(await context.artifacts.writeShard(0, [{ name: 'labels', dtype: 'I32', shape: [labels.length], data: labels }]));
    return { kind: 'activations', attributes: attributes as unknown as Json, shards };
  });
}

/** A "codes" artifact of an uploaded matrix. @throws InputError naming file and tensor */
export async function codesOutput(request: upload.UploadedCodes, folder: string, { artifacts, control }: Context): Promise<JobOutput> {
  const { images, first } = requireRowsOf('codes.rows', request.rows);
  return withFiles(folder, async (open) => {
    const codes = await matrixOf(request.codes!, open);
    const attributes: CodesAttributes = { images, rows: { first, count: codes.rows }, worst_kkt_residual: null };
    return { kind: 'codes', attributes: attributes as unknown as Json, shards: await storeRows('z', codes, artifacts, control) };
  });
}

/** A "dictionary" artifact of uploaded atoms. @throws InputError naming file and tensor */
export async function dictionaryOutput(request: upload.UploadedDictionary, folder: string, { artifacts, control }: Context): Promise<JobOutput> {
  return withFiles(folder, async (open) => {
    const atoms = await matrixOf(request.atoms!, open);
    const attributes = { method: 'elsewhere', tensor: '', atoms_per_class: 0, fits: [] };
    return { kind: 'dictionary', attributes, shards: await storeRows('D', atoms, artifacts, control, 'F64') };
  });
}

type Open = (name: string) => Promise<SafetensorsFile>;

/** Lends what opens files of a folder, each once, and closes them. */
async function withFiles<T>(folder: string, use: (open: Open) => Promise<T>): Promise<T> {
  const files = new Map<string, Promise<SafetensorsFile>>();
  const open = (name: string): Promise<SafetensorsFile> => {
    const file = files.get(name) ?? fileBytes(join(folder, name)).then(openSafetensors);
    files.set(name, file);
    return file;
  };
  try {
    return await use(open);
  } finally {
    for (const file of await Promise.allSettled(files.values())) if (file.status === 'fulfilled') await file.value.close();
  }
}

async function matrixOf(reference: upload.UploadedTensor, open: Open): Promise<RowSource> {
  const file = await open(reference.file);
  const { dtype, shape } = file.info(reference.tensor);
  if (!isFloating(dtype) || shape.length !== 2 || shape.includes(0))
    throw new InputError({
      field: `${reference.file}: ${reference.tensor}`,
      problem: 'is no matrix of floating-point numbers',
      value: `${dtype} [${shape.join(', ')}]`,
      accepted: 'F16, BF16, F32 or F64 [rows, columns], both at least 1',
    });
  return file.rows(reference.tensor);
}

async function labelsIn({ file, tensor }: upload.UploadedTensor, rows: number, open: Open): Promise<Int32Array> {
  const opened = await open(file);
  const { shape } = opened.info(tensor);
  const refused = (problem: string, value: unknown, accepted: string): InputError =>
    new InputError({ field: `${file}: ${tensor}`, problem, value, accepted });
  if (shape.length !== 1 || shape[0] !== rows) throw refused('has the wrong shape', shape, `[${rows}], one label for each row`);
  const values = toFloat64(await opened.tensor(tensor));
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value > MOST_LABEL);
  if (wrong >= 0) throw refused(`row ${wrong} is no label`, values[wrong], `whole numbers from 0 to ${MOST_LABEL}`);
  return Int32Array.from(values);
}

/** Stores a matrix in shards of whole blocks, unless told otherwise in the smaller float type that holds it exactly. */
async function storeRows(
  name: string,
  rows: RowSource,
  artifacts: ArtifactStore,
  control: Control,
  precision = rows.precision,
): Promise<ShardRecord[]> {
  const { columns } = rows;
  const rowBytes = columns * (precision === 'F64' ? 8 : 4);
  const step = BLOCK_ROWS * Math.max(1, Math.floor(MOST_SHARD_BYTES / (BLOCK_ROWS * rowBytes)));
  const shards: ShardRecord[] = [];
  for (let start = 0; start < rows.rows; start += step) {
    control.throwIfCancelled();
    const end = Math.min(rows.rows, start + step);
    const data = precision === 'F64' ? new Float64Array((end - start) * columns) : new Float32Array((end - start) * columns);
    await rows.readInto(start, end, data);
    shards.push(await artifacts.writeShard(start, [{ name, dtype: precision, shape: [end - start, columns], data }]));
  }
  return shards;
}
