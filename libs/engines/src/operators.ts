import type { NetworkGraph } from './network-graph.js';
import type { OnnxNode } from './onnx-model.js';

const LEARNED = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Einsum']);
/** At inference these give on what they read. */
const PASSING = new Set(['Identity', 'Dropout', 'Cast']);
const RESHAPING = new Set(['Flatten', 'Reshape', 'Squeeze', 'Unsqueeze']);
const ARITHMETIC = new Set(['Add', 'Sub', 'Mul', 'Div']);
const NON_LINEAR = new Set([
  'Relu',
  'Clip',
  'LeakyRelu',
  'PRelu',
  'ThresholdedRelu',
  'Elu',
  'Selu',
  'Celu',
  'Gelu',
  'FastGelu',
  'QuickGelu',
  'Sigmoid',
  'Swish',
  'HardSigmoid',
  'HardSwish',
  'Tanh',
  'Softplus',
  'Softsign',
  'Mish',
  'Erf',
  'Exp',
  'Pow',
  'Max',
  'Min',
  'Abs',
]);

/** Whether the node multiplies something of the image by weights that were learned. */
export function isLearned(graph: NetworkGraph, node: OnnxNode): boolean {
  return LEARNED.has(node.operator) && node.inputs.some((name) => name !== '' && !graph.isFromImage(name));
}

export function isPassing(node: OnnxNode): boolean {
  return PASSING.has(node.operator);
}

export function isReshaping(node: OnnxNode): boolean {
  return RESHAPING.has(node.operator);
}

/** Add, Sub, Mul or Div, element by element. */
export function isArithmetic(node: OnnxNode): boolean {
  return ARITHMETIC.has(node.operator);
}

/** A function of each element alone that is not a line. */
export function isNonLinear(node: OnnxNode): boolean {
  return NON_LINEAR.has(node.operator);
}
