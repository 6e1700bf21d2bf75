import type { NetworkGraph } from './network-graph.js';
import { elementCount, floatValues } from './onnx-tensor-decoder.js';
import type { OnnxNode } from './onnx-model.js';
import { isPassing, isReshaping } from './operators.js';
import { unsupportedModel } from './unsupported-model.js';

/** The linear layer at the end: logits y = a·W + b (docs/measures.md §1). */
export interface LinearHead {
  /** W, width × classes, row-major. */
  readonly weight: Float32Array;
  /** b, one per class; zeros where the layer has none. */
  readonly bias: Float32Array;
  readonly classes: number;
  /** Penultimate width d. */
  readonly width: number;
}

/** A head and where it stands in the graph. */
export interface FoundHead {
  readonly head: LinearHead;
  /** The tensor [N, width] that the layer reads. */
  readonly penultimate: string;
  /** The tensor [N, classes] that the layer makes, before any softmax. */
  readonly logits: string;
}

interface Layer {
  readonly input: string;
  readonly weight: string;
  readonly bias: string | undefined;
  readonly logits: string;
  readonly isTransposed: boolean;
  readonly alpha: number;
  readonly beta: number;
}

const ACCEPTED = 'a network whose output is a linear layer (Gemm, or MatMul with an addition), alone or behind a softmax';
const PROBABILITIES = new Set(['Softmax', 'LogSoftmax', 'Sigmoid']);

/**
 * Finds the linear layer that the network's output comes from.
 *
 * @throws FathomError UNSUPPORTED_MODEL where no output comes from such a layer
 */
export function linearHead(graph: NetworkGraph): FoundHead {
  for (const output of graph.outputs) {
    const layer = layerBehind(graph, output.name);
    if (layer !== undefined) return { head: weights(graph, layer), penultimate: layer.input, logits: layer.logits };
  }
  const names = graph.outputs.map(({ name }) => name).join(', ');
  throw unsupportedModel(`no output (${names === '' ? 'it has none' : names}) comes from a linear layer`, ACCEPTED);
}

function layerBehind(graph: NetworkGraph, output: string): Layer | undefined {
  let tensor = output;
  for (;;) {
    const node = graph.producer(tensor);
    if (node === undefined) return undefined;
    const layer = asLayer(graph, node, tensor);
    if (layer !== undefined) return layer;
    const source = node.inputs[0];
    if (source === undefined || !(isPassing(node) || isReshaping(node) || PROBABILITIES.has(node.operator))) return undefined;
    tensor = source;
  }
}

function asLayer(graph: NetworkGraph, node: OnnxNode, logits: string): Layer | undefined {
  const [first, second, third] = node.inputs;
  if (first === undefined || second === undefined) return undefined;
  if (node.operator === 'Gemm') {
    if (!graph.isFromImage(first) || graph.isFromImage(second)) return undefined;
    const flag = (name: string) => (node.attributes.get(name)?.integer ?? 0) !== 0;
    if (flag('transA')) throw unsupportedModel(`the linear layer "${logits}" reads its input transposed (transA)`, ACCEPTED);
    const factor = (name: string) => node.attributes.get(name)?.float ?? 1;
    const bias = third === undefined || third === '' ? undefined : third;
    return { input: first, weight: second, bias, logits, isTransposed: flag('transB'), alpha: factor('alpha'), beta: factor('beta') };
  }
  if (node.operator === 'MatMul') {
    if (!graph.isFromImage(first) || graph.isFromImage(second)) return undefined;
    return { input: first, weight: second, bias: undefined, logits, isTransposed: false, alpha: 1, beta: 1 };
  }
  if (node.operator !== 'Add') return undefined;
  const [product, bias] = graph.isFromImage(first) ? [first, second] : [second, first];
  const matMul = graph.producer(product);
  if (matMul?.operator !== 'MatMul' || graph.isFromImage(bias)) return undefined;
  const layer = asLayer(graph, matMul, logits);
  return layer === undefined ? undefined : { ...layer, bias };
}

function weights(graph: NetworkGraph, layer: Layer): LinearHead {
  let { weight: name, isTransposed } = layer;
  for (let node = graph.producer(name); node?.operator === 'Transpose'; node = graph.producer(name)) {
    name = node.inputs[0] ?? '';
    isTransposed = !isTransposed;
  }
  const stored = graph.constant(name);
  if (stored === undefined || stored.dims.length !== 2) {
    throw unsupportedModel(`the weight "${layer.weight}" of the linear layer is no stored matrix`, ACCEPTED);
  }
  const values = floatValues(stored);
  const [rows, columns] = stored.dims as [number, number];
  const [width, classes] = isTransposed ? [columns, rows] : [rows, columns];
  const weight = new Float32Array(width * classes);
  for (let i = 0; i < width; i += 1) {
    for (let j = 0; j < classes; j += 1) weight[i * classes + j] = layer.alpha * values[isTransposed ? j * width + i : i * classes + j]!;
  }
  return { weight, bias: biasOf(graph, layer, classes), classes, width };
}

function biasOf(graph: NetworkGraph, layer: Layer, classes: number): Float32Array {
  const bias = new Float32Array(classes);
  if (layer.bias === undefined) return bias;
  const stored = graph.constant(layer.bias);
  const count = stored === undefined ? 0 : elementCount(stored);
  if (stored === undefined || (count !== 1 && count !== classes) || (stored.dims.at(-1) ?? 1) !== count) {
    throw unsupportedModel(`the bias "${layer.bias}" of the linear layer is not one stored value per class`, ACCEPTED);
  }
  const values = floatValues(stored);
  for (let j = 0; j < classes; j += 1) bias[j] = layer.beta * values[count === 1 ? 0 : j]!;
  return bias;
}
