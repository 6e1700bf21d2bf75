import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { NetworkGraph } from './network-graph.js';
import { CHECKED } from './model-budget.js';
import { decodeModel } from './onnx-decoder.js';
import { checkTaps } from './tap-names.js';

const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_OUTPUT = 12;
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const NODE_OPERATOR = 4;
const VALUE_NAME = 1;

/**
 * The same serialized model with these tensors as outputs beside its own. What is an output already is not added again.
 * Protobuf merges the fields of a message that comes twice, so a second piece of graph, appended, says it all.
 *
 * @param averaged maps [N, C, H, W] among them, in forward order, that are not outputs themselves: their {@link meanOf} over space is
 * @throws InputError where a name is no tensor that the network makes of the image (near names are listed)
 */
export function addOutputs(bytes: Uint8Array, names: readonly string[], averaged: readonly string[] = []): Uint8Array {
  const graph = new NetworkGraph(decodeModel(bytes, CHECKED).graph);
  checkTaps(graph, names);
  const present = new Set(graph.outputs.map((output) => output.name));
  const added = names.map((name) => (averaged.includes(name) ? meanOf(name) : name)).filter((name) => !present.has(name));
  if (added.length === 0) return bytes;
  const writer = new BinaryWriter().tag(MODEL_GRAPH, WireType.LengthDelimited).fork();
  // onnxruntime works towards the ends of a graph from the last that is written: each map is averaged while it is in the cache, and then
  // freed. That holds of ends as they are written alone, so a step follows which onnxruntime leaves in its place.
  for (const name of [...averaged].reverse()) {
    node(writer, 'GlobalAveragePool', name, `${meanOf(name)}, unflattened`);
    node(writer, 'Flatten', `${meanOf(name)}, unflattened`, meanOf(name));
  }
  for (const name of added) text(writer.tag(GRAPH_OUTPUT, WireType.LengthDelimited).fork(), VALUE_NAME, name).join();
  const piece = writer.join().finish();
  const whole = new Uint8Array(bytes.length + piece.length);
  whole.set(bytes);
  whole.set(piece, bytes.length);
  return whole;
}

/** Name of the tensor of a map's means over space, [N, C]. */
export function meanOf(map: string): string {
  return `${map}: mean over space`;
}

function node(to: BinaryWriter, operator: string, input: string, output: string): void {
  to.tag(GRAPH_NODE, WireType.LengthDelimited).fork();
  text(text(text(to, NODE_INPUT, input), NODE_OUTPUT, output), NODE_OPERATOR, operator).join();
}

function text(to: BinaryWriter, field: number, value: string): BinaryWriter {
  return to.tag(field, WireType.LengthDelimited).string(value);
}
