import type { NetworkGraph } from './network-graph.js';
import { isArithmetic, isNonLinear, isPassing } from './operators.js';

const CONVOLUTIONS = new Set(['Conv', 'ConvTranspose']);
/** These give as many dimensions as they read. */
const KEEPING = new Set(['BatchNormalization', 'InstanceNormalization', 'LRN', 'MaxPool', 'AveragePool', 'Concat']);

/** Whether a tensor is certainly a map [N, C, H, W]: it comes from a convolution over two dimensions, and nothing on the way changes them. */
export function isMap(graph: NetworkGraph, tensor: string): boolean {
  const seen = new Set([tensor]);
  for (const name of seen) {
    const node = graph.producer(name);
    if (node === undefined) continue;
    if (CONVOLUTIONS.has(node.operator) && graph.constant(node.inputs[1] ?? '')?.dims.length === 4) return true;
    // Beside a map, arithmetic has vectors at most: what it gives is a map too.
    if (KEEPING.has(node.operator) || isArithmetic(node) || isNonLinear(node) || isPassing(node))
      graph.imageInputs(node).forEach((input) => seen.add(input));
  }
  return false;
}
