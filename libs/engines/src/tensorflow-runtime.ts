import { createRequire } from 'node:module';
import { FathomError } from '@fathom/errors';
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import './full-precision.js';

/** What Fathom uses of TensorFlow.js, whichever package it comes from. */
export type TensorflowCore = typeof Core;

/** What reads and runs layers models. */
export type TensorflowLayers = typeof Layers;

/** TensorFlow.js with the fastest backend that is installed. */
export interface TensorflowRuntime {
  readonly core: TensorflowCore;
  readonly version: string;
  /** "wasm", "tfjs-node" or "tfjs-node-gpu". */
  readonly backend: string;
  readonly device: 'cpu' | 'gpu';
}

// Errors are thrown; the rest of what libtensorflow prints is of no use here.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';

/** Native packages that an operator may add, the fastest first; Fathom's own installation brings WebAssembly. */
const NATIVE = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

const installed = createRequire(__filename);
/** Of all its packages: they are released together. */
export const TENSORFLOW_VERSION = (installed('@tensorflow/tfjs-core/package.json') as { version: string }).version;
let loaded: Promise<TensorflowRuntime> | undefined;

/**
 * TensorFlow.js for this thread, loaded once: by @tensorflow/tfjs-node-gpu where that is installed, else @tensorflow/tfjs-node, else
 * @tensorflow/tfjs-backend-wasm.
 *
 * @throws FathomError ENGINE_UNAVAILABLE where none is installed, or the one that is cannot start
 */
export function tensorflowRuntime(): Promise<TensorflowRuntime> {
  loaded ??= load((name) => installed(name));
  return loaded;
}

/** What reads and runs layers models; call it once the runtime is there. */
export function layersLibrary(): TensorflowLayers {
  return installed('@tensorflow/tfjs-layers') as TensorflowLayers;
}

/** The same with another way to find packages, for tests. */
export async function load(find: (name: string) => unknown): Promise<TensorflowRuntime> {
  for (const name of NATIVE) {
    if (!start(name, find)) continue;
    const core = find('@tensorflow/tfjs-core') as TensorflowCore;
    const { isUsingGpuDevice } = core.backend() as { isUsingGpuDevice?: boolean };
    return { core, version: TENSORFLOW_VERSION, backend: name.slice('@tensorflow/'.length), device: isUsingGpuDevice === true ? 'gpu' : 'cpu' };
  }
  if (start('@tensorflow/tfjs-backend-wasm', find)) {
    const core = find('@tensorflow/tfjs-core') as TensorflowCore;
    if (await core.setBackend('wasm')) return { core, version: TENSORFLOW_VERSION, backend: 'wasm', device: 'cpu' };
    throw unavailable('@tensorflow/tfjs-backend-wasm is installed, but WebAssembly does not start');
  }
  throw unavailable(`none of ${NATIVE.join(', ')}, @tensorflow/tfjs-backend-wasm is installed`);
}

/** Whether there is such a package. One that is there and cannot start is an error: falling back would hide it. */
function start(name: string, find: (name: string) => unknown): boolean {
  try {
    find(name);
    return true;
  } catch (error) {
    if (isMissing(error, name)) return false;
    throw unavailable(
      `${name} is installed, but does not start: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      error,
    );
  }
}

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') && String(message).includes(`'${name}'`);
}

function unavailable(problem: string, cause?: unknown): FathomError {
  return new FathomError('ENGINE_UNAVAILABLE', `engine tensorflow: ${problem}`, { cause });
}
