import { lstat, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Artifact } from '@fathom/artifacts';
import { isPackedLayers, packLayers, weightFiles } from '@fathom/engines';
import { FathomError, InputError } from '@fathom/errors';
import { INPUT_LIMITS } from './input-limits.js';

/** A model.json: thousands of layers, and still read within a moment. */
const MOST_JSON_BYTES = 2 ** 24;

/**
 * The files that a network is read from: one of ONNX, or the model.json of a TensorFlow.js layers model and the weights beside it.
 *
 * @throws InputError where model.json is none, or names weights elsewhere
 * @throws FathomError NOT_FOUND where it is not there
 */
export async function networkFiles(path: string): Promise<string[]> {
  if (!path.endsWith('.json')) return [path];
  return [path, ...weightFiles(await read(path, MOST_JSON_BYTES)).map((file) => join(dirname(path), file))];
}

/** The network at a path as one string of bytes, of `most` at most; throws as {@link networkFiles} does. */
export async function readNetwork(path: string, most = INPUT_LIMITS.modelBytes): Promise<Uint8Array> {
  const [file, ...weights] = await networkFiles(path);
  if (!path.endsWith('.json')) return read(file!, most);
  const shards: Uint8Array[] = [];
  let room = most;
  for (const shard of weights) {
    // The path of model.json was checked; a link beside it may lead anywhere.
    if ((await lstat(shard).catch(() => undefined))?.isSymbolicLink()) throw refused(shard, 'is a link', 'a file beside model.json');
    shards.push(await read(shard, room));
    room -= shards.at(-1)!.length;
  }
  return packLayers(await read(file!, MOST_JSON_BYTES), shards);
}

/** The serialized network that a "model" artifact holds. */
export async function networkOf(model: Artifact): Promise<Uint8Array> {
  const { data } = await model.tensor('layers' in model.tensors ? 'layers' : 'onnx');
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Name of the tensor that keeps a serialized network in its artifact. */
export function networkTensor(network: Uint8Array): 'onnx' | 'layers' {
  return isPackedLayers(network) ? 'layers' : 'onnx';
}

async function read(path: string, most: number): Promise<Buffer> {
  // The path was there when it was asked for; it may be gone by now.
  const gone = (cause: unknown): never => {
    throw new FathomError('NOT_FOUND', `path: "${basename(path)}" is not there, or not to be reached`, { cause, metadata: { field: 'path', path } });
  };
  const facts = await stat(path).catch(gone);
  if (!facts.isFile()) throw refused(path, 'is no file', 'an ONNX file, or the model.json of a TensorFlow.js layers model');
  if (facts.size > most) throw refused(path, 'is too large', `at most ${most} bytes`, facts.size);
  return readFile(path).catch(gone);
}

function refused(path: string, problem: string, accepted: string, value?: number): InputError {
  return new InputError({ field: basename(path), problem, ...(value === undefined ? {} : { value }), accepted });
}
