import type { FoundHead } from './linear-head.js';
import type { NetworkGraph } from './network-graph.js';
import { isPassing, isReshaping } from './operators.js';
import type { ResidualBlock } from './residual-blocks.js';

/** Averages over space. A maximum would make another tensor than the `mean` pooling of a tap. */
const AVERAGING = new Set(['GlobalAveragePool', 'AveragePool', 'ReduceMean']);

/**
 * The layers that are measured unless the user names others, in forward order (docs/measures.md §1): the tap of every
 * residual block, then the penultimate layer. Where that is the last block's tap averaged over space, it takes its place.
 */
export function defaultTaps(graph: NetworkGraph, blocks: readonly ResidualBlock[], found: FoundHead): string[] {
  const taps = blocks.map((block) => block.tap);
  const last = taps.at(-1);
  if (last !== undefined && isMeanOf(graph, last, found)) taps.pop();
  return [...taps, found.penultimate];
}

function isMeanOf(graph: NetworkGraph, tap: string, { penultimate, head }: FoundHead): boolean {
  let tensor = penultimate;
  while (tensor !== tap) {
    const node = graph.producer(tensor);
    const source = node?.inputs[0];
    if (node === undefined || source === undefined) return false;
    if (!(AVERAGING.has(node.operator) || isReshaping(node) || isPassing(node) || node.operator === 'Transpose')) return false;
    tensor = source;
  }
  // As many values as channels: what was flattened or averaged left one value for each.
  return channelsOf(graph, tap) === head.width;
}

/** The channels of a tensor, from the weights it was last multiplied by; undefined where nothing tells. */
function channelsOf(graph: NetworkGraph, tensor: string): number | undefined {
  let name = tensor;
  for (;;) {
    const node = graph.producer(name);
    if (node === undefined) return undefined;
    const dims = graph.constant(node.inputs[1] ?? '')?.dims;
    if (node.operator === 'Conv' || node.operator === 'BatchNormalization') return dims?.[0];
    if (node.operator === 'MatMul') return dims?.at(-1);
    if (node.operator === 'Gemm') return node.attributes.get('transB')?.integer === 1 ? dims?.[0] : dims?.[1];
    const source = graph.imageInputs(node)[0];
    if (source === undefined) return undefined;
    name = source;
  }
}
