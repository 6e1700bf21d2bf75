import { FathomError, InputError } from '@fathom/errors';
import { ModelBudget, type ModelOptions } from './model-budget.js';
import { decodeGraph } from './onnx-graph-decoder.js';
import type { OnnxModel } from './onnx-model.js';
import { unsupportedModel } from './unsupported-model.js';
import { wireFields } from './wire-field.js';

const MOST_MODEL_BYTES = 2 ** 31 - 1;
const ACCEPTED = 'a serialized ONNX model (a ModelProto, usually a .onnx file) that is complete';

/**
 * Reads what Fathom needs of a serialized ONNX model. Weights are views of `bytes`; nothing but these bytes is read.
 *
 * @throws InputError where the bytes are too many, hold too many operators or tensors that are too large, or are no complete ONNX model
 * @throws FathomError UNSUPPORTED_MODEL where weights lie in other files or are sparse, or an operator is not among those of accepted-operators.ts
 */
export function decodeModel(bytes: Uint8Array, options: ModelOptions = {}): OnnxModel {
  const most = options.maxModelBytes ?? MOST_MODEL_BYTES;
  if (!Number.isInteger(most) || most < 1 || most > MOST_MODEL_BYTES) {
    throw new InputError({ field: 'maxModelBytes', problem: 'out of range', value: most, accepted: `1 to ${MOST_MODEL_BYTES}` });
  }
  if (bytes.length > most) {
    throw new InputError({ field: 'model', problem: 'too large', value: `${bytes.length} bytes`, accepted: `at most ${most} bytes` });
  }
  try {
    return decode(bytes, new ModelBudget(options));
  } catch (error) {
    if (error instanceof FathomError) throw error;
    throw notOnnx(`not an ONNX file: ${error instanceof Error ? error.message : String(error)}`, bytes, error);
  }
}

function decode(bytes: Uint8Array, budget: ModelBudget): OnnxModel {
  let irVersion = 0;
  let opset = 0;
  let producerName = '';
  let producerVersion = '';
  const graphs: Uint8Array[] = [];
  for (const field of wireFields(bytes)) {
    switch (field.number) {
      case 1:
        irVersion = field.integer();
        break;
      case 2:
        producerName = field.text();
        break;
      case 3:
        producerVersion = field.text();
        break;
      case 7:
        graphs.push(field.bytes());
        break;
      case 8:
        opset = standardOpset(field.bytes()) ?? opset;
        break;
      case 25:
        throw unsupportedModel('it defines operators of its own', 'a network without functions: exporters and onnx.inliner can inline them');
    }
  }
  if (graphs.length === 0) throw notOnnx('not an ONNX file: it holds no graph', bytes);
  if (irVersion < 1) throw notOnnx('not an ONNX file: it names no format version', bytes);
  if (opset < 1) throw notOnnx('not a complete ONNX file: it names no operator set', bytes);
  const graph = decodeGraph(graphs, budget);
  if (graph.nodes.length === 0) throw notOnnx('the graph is empty', bytes);
  return { irVersion, opset, producer: `${producerName} ${producerVersion}`.trim(), graph };
}

function standardOpset(message: Uint8Array): number | undefined {
  let domain = '';
  let version = 0;
  for (const field of wireFields(message)) {
    if (field.number === 1) domain = field.text();
    if (field.number === 2) version = field.integer();
  }
  return domain === '' || domain === 'ai.onnx' ? version : undefined;
}

function notOnnx(problem: string, bytes: Uint8Array, cause?: unknown): InputError {
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  const value = bytes.length === 0 ? '0 bytes' : `${bytes.length} bytes starting ${start}`;
  return new InputError({ field: 'model', problem, value, accepted: ACCEPTED, cause });
}
