import { defaultTaps } from './default-taps.js';
import { imageInput, type ImageInput } from './image-input.js';
import { linearHead, type LinearHead } from './linear-head.js';
import { NetworkGraph } from './network-graph.js';
import { decodeLayers } from './layers-decoder.js';
import { isPackedLayers } from './layers-file.js';
import type { ModelOptions } from './model-budget.js';
import { decodeModel } from './onnx-decoder.js';
import { isLearned, isNonLinear } from './operators.js';
import { residualBlocks, type ResidualBlock } from './residual-blocks.js';
import { checkTaps } from './tap-names.js';
import { unsupportedModel } from './unsupported-model.js';

/** What a network is made of, as far as it is measured. */
export interface NetworkDescription {
  readonly input: ImageInput;
  /** The residual additions that were found, in forward order; may be empty where the taps were named. */
  readonly blocks: readonly ResidualBlock[];
  /** The layers to measure, in forward order: those named, else the default of docs/measures.md §1. */
  readonly taps: readonly string[];
  readonly penultimate: { readonly tensor: string; readonly width: number };
  readonly head: LinearHead;
  /** The tensor of the logits, before any softmax. */
  readonly logits: string;
  /** Version of the ONNX operators; 0 for a TF.js layers model. */
  readonly opset: number;
  /** The program that wrote the file; '' where it does not say. */
  readonly producer: string;
}

/** How a network is described. */
export interface DescribeOptions extends ModelOptions {
  /** Layers to measure, in forward order. @default found by themselves */
  readonly taps?: readonly string[];
}

const MOST_CANDIDATES = 20;

/**
 * Describes a serialized ONNX network, or a packed TF.js layers model: its input, residual blocks, taps and linear head.
 *
 * @throws InputError where the bytes are no such model, or a tap that was named is no tensor of it
 * @throws FathomError UNSUPPORTED_MODEL where weights lie in other files, the input is no image, the output no linear
 *   layer, or there is no residual block and no tap was named (the error lists candidates)
 */
export function describeNetwork(bytes: Uint8Array, options: DescribeOptions = {}): NetworkDescription {
  const model = isPackedLayers(bytes) ? decodeLayers(bytes, options) : decodeModel(bytes, options);
  const graph = new NetworkGraph(model.graph);
  const input = imageInput(graph);
  const found = linearHead(graph);
  const blocks = residualBlocks(graph);
  if (options.taps !== undefined) checkTaps(graph, options.taps);
  else if (blocks.length === 0) throw noBlocks(graph, found.penultimate);
  return {
    input,
    blocks,
    taps: options.taps ?? defaultTaps(graph, blocks, found),
    penultimate: { tensor: found.penultimate, width: found.head.width },
    head: found.head,
    logits: found.logits,
    opset: model.opset,
    producer: model.producer,
  };
}

function noBlocks(graph: NetworkGraph, penultimate: string) {
  const activations = graph.nodes.filter((node) => isNonLinear(node) && graph.isFromImage(node.outputs[0] ?? ''));
  const layers = activations.length > 0 ? activations : graph.nodes.filter((node) => isLearned(graph, node));
  const readable = new Set(graph.imageTensors());
  const candidates = [...new Set([...layers.map((node) => node.outputs[0] ?? ''), penultimate])].filter((name) => readable.has(name));
  const shown = candidates.slice(0, MOST_CANDIDATES);
  const more = candidates.length - shown.length;
  return unsupportedModel(
    'no residual block was found, so the taps must be named',
    `taps among the network's tensors, such as ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  );
}
