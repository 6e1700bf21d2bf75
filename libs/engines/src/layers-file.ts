import { InputError } from '@fathom/errors';
import { unsupportedModel } from './unsupported-model.js';

/** One stored weight of a TF.js layers model, all of them float32. */
export interface LayersWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Little-endian values: a view. */
  readonly bytes: Uint8Array;
}

/** A TF.js layers model: what its model.json says of the layers, and its weights. */
export interface LayersFile {
  /** As Keras writes a network. */
  readonly topology: unknown;
  readonly weights: readonly LayersWeight[];
}

interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

interface Manifest {
  readonly modelTopology: unknown;
  readonly weightsManifest: readonly { readonly paths: readonly string[]; readonly weights: readonly WeightSpec[] }[];
}

const ACCEPTED = 'the model.json of a TensorFlow.js layers model, with modelTopology and weightsManifest';
/** What a packed model begins with; no ONNX file does. */
const SIGNATURE = Buffer.from('TFJSLYR1');
const HEADER = SIGNATURE.length + 4;

/** Names of the files that hold a model.json's weights, beside it, in the order in which they are put together. */
export function weightFiles(modelJson: Uint8Array): string[] {
  const files = readManifest(modelJson).weightsManifest.flatMap(({ paths }) => paths);
  for (const file of files) {
    // Where a path leads is not for the file to say.
    if (!/^[^/\\\0]+$/.test(file) || file === '.' || file === '..')
      throw new InputError({
        field: 'weightsManifest.paths',
        problem: 'is no plain file name',
        value: file,
        accepted: 'names of files beside model.json',
      });
  }
  return files;
}

/**
 * A layers model as one string of bytes: a signature, the length of model.json, model.json, and the weights of all its files.
 *
 * @param weights what the {@link weightFiles} hold, in their order
 */
export function packLayers(modelJson: Uint8Array, weights: readonly Uint8Array[]): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, modelJson.length, true);
  return Buffer.concat([SIGNATURE, length, modelJson, ...weights]);
}

/** Whether bytes are a packed layers model. */
export function isPackedLayers(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads a packed layers model. Weights are views of `bytes`.
 *
 * @throws InputError where the bytes are none, or the weights are not as many as model.json says
 * @throws FathomError UNSUPPORTED_MODEL where weights are not float32
 */
export function readLayers(bytes: Uint8Array): LayersFile {
  if (!isPackedLayers(bytes)) throw notLayers('not a packed layers model');
  const end = HEADER + new DataView(bytes.buffer, bytes.byteOffset).getUint32(SIGNATURE.length, true);
  const { modelTopology, weightsManifest } = readManifest(bytes.subarray(HEADER, end));
  let at = end;
  const weights = weightsManifest.flatMap(({ weights: specs }) =>
    specs.map(({ name, shape, dtype, ...rest }) => {
      if (dtype !== 'float32' || 'quantization' in rest)
        throw unsupportedModel(`weight "${name}" is ${'quantization' in rest ? 'quantized' : dtype}`, 'weights of float32');
      const from = at;
      at += 4 * shape.reduce((product, size) => product * size, 1);
      return { name, shape, bytes: bytes.subarray(from, at) };
    }),
  );
  if (at !== bytes.length) {
    const problem = `its weights do not fit what model.json says of them`;
    throw new InputError({ field: 'model', problem, value: `${bytes.length - end} bytes`, accepted: `${at - end} bytes` });
  }
  return { topology: modelTopology, weights };
}

function readManifest(json: Uint8Array): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(json).toString('utf8'));
  } catch (cause) {
    throw notLayers('model.json is not JSON', cause);
  }
  if (!isManifest(parsed)) throw notLayers('model.json does not describe a layers model');
  return parsed;
}

function isManifest(value: unknown): value is Manifest {
  const { modelTopology, weightsManifest } = (value ?? {}) as Partial<Manifest>;
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  const isWeight = ({ name, shape, dtype }: Partial<WeightSpec>) =>
    typeof name === 'string' && typeof dtype === 'string' && Array.isArray(shape) && shape.every(isSize);
  return (
    typeof modelTopology === 'object' &&
    modelTopology !== null &&
    Array.isArray(weightsManifest) &&
    (weightsManifest as Partial<Manifest['weightsManifest'][number]>[]).every(
      (group) =>
        Array.isArray(group?.paths) &&
        group.paths.every((path) => typeof path === 'string') &&
        Array.isArray(group.weights) &&
        (group.weights as unknown[]).every((weight) => typeof weight === 'object' && weight !== null && isWeight(weight)),
    )
  );
}

function notLayers(problem: string, cause?: unknown): InputError {
  return new InputError({ field: 'model', problem, accepted: ACCEPTED, cause });
}
