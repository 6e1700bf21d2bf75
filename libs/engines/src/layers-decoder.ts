import { FathomError, InputError } from '@fathom/errors';
import { readLayers, type LayersWeight } from './layers-file.js';
import { ModelBudget, type ModelOptions } from './model-budget.js';
import { operatorsOf } from './layers-operators.js';
import { readTopology, type Layer } from './layers-topology.js';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './onnx-model.js';

/** Weights that tell how many channels a layer makes, or are the head's, in the order of the ONNX operator's inputs. */
const READ_WEIGHTS = ['kernel', 'pointwise_kernel', 'depthwise_kernel', 'bias', 'moving_mean'];

/**
 * Reads a packed TF.js layers model as the ONNX graph of the same structure, so that blocks, taps and head are found by one set of
 * rules. A tensor has the name of the layer that makes it. What a layer computes before an activation of its own is an inner tensor.
 *
 * @throws InputError where the bytes are no such model
 * @throws FathomError UNSUPPORTED_MODEL where it is of a kind that is not read
 */
export function decodeLayers(bytes: Uint8Array, options: ModelOptions = {}): OnnxModel {
  try {
    return decode(bytes, new ModelBudget(options));
  } catch (error) {
    if (error instanceof FathomError) throw error;
    const problem = `its modelTopology cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new InputError({ field: 'model', problem, accepted: 'a network as Keras 2 and TensorFlow.js write it', cause: error });
  }
}

function decode(bytes: Uint8Array, budget: ModelBudget): OnnxModel {
  const { topology, weights } = readLayers(bytes);
  const { layers, inputs, outputs, producer } = readTopology(topology);
  budget.spend(layers.length);
  const byName = new Map(weights.map((weight) => [weight.name.replace(/:0$/, ''), weight]));
  const initializers = new Map<string, OnnxTensor>();
  const nodes: OnnxNode[] = [];
  const inner = new Set<string>();
  for (const layer of layers) {
    if (layer.kind === 'InputLayer') continue;
    const read = READ_WEIGHTS.map((name) => `${layer.name}/${name}`).filter((name) => byName.has(name));
    for (const name of read) initializers.set(name, constant(layer, name, byName.get(name)!));
    const operators = operatorsOf(layer);
    operators.forEach((operator, i) => {
      const output = i === operators.length - 1 ? layer.name : `${layer.name}/linear`;
      if (output !== layer.name) inner.add(output);
      nodes.push(nodeOf(operator, i === 0 ? [...layer.inputs, ...read] : [`${layer.name}/linear`], output));
    });
  }
  const graphInputs = layers.filter(({ name, kind }) => kind === 'InputLayer' && inputs.includes(name)).map(imageValue);
  const value = (name: string): OnnxValue => ({ name, elementType: 'FLOAT', shape: undefined });
  return { irVersion: 0, opset: 0, producer, graph: { nodes, initializers, inputs: graphInputs, outputs: outputs.map(value), inner } };
}

function nodeOf(operator: string, inputs: readonly string[], output: string): OnnxNode {
  return { name: output, operator, inputs, outputs: [output], attributes: new Map() };
}

/** An input [N, H, W, C], with its channels where ONNX has them. */
function imageValue({ name, config }: Layer): OnnxValue {
  const stored = config['batch_input_shape'];
  const { dtype = 'float32' } = config as { dtype?: string };
  const size = (value: unknown): number | string => (typeof value === 'number' ? value : '');
  const sizes = Array.isArray(stored) ? stored.map(size) : undefined;
  const [batch = '', ...rest] = sizes ?? [];
  const shape = rest.length === 3 ? [batch, rest[2]!, rest[0]!, rest[1]!] : sizes;
  return { name, elementType: dtype === 'float32' ? 'FLOAT' : dtype, shape };
}

/** A weight; that of a convolution with the channels it makes first, as ONNX has it, and without its values. */
function constant({ kind }: Layer, name: string, { shape, bytes }: LayersWeight): OnnxTensor {
  const isKernel = shape.length >= 3;
  const dims = !isKernel ? shape : kind === 'DepthwiseConv2D' ? [shape.at(-1)! * shape.at(-2)!, ...shape.slice(0, -2)] : [...shape].reverse();
  return { name, dims, elementType: 'FLOAT', raw: isKernel ? undefined : bytes, floats: [] };
}
