import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { NetworkGraph } from './network-graph.js';
import { decodeModel } from './onnx-decoder.js';
import { checkTaps } from './tap-names.js';

const MODEL_GRAPH = 7;
const GRAPH_OUTPUT = 12;
const VALUE_NAME = 1;

/**
 * The same serialized model with these tensors as outputs beside its own. What is an output already is not added again.
 * Protobuf merges the fields of a message that comes twice, so a second piece of graph, appended, says it all.
 *
 * @throws InputError where a name is no tensor that the network makes of the image (near names are listed)
 */
export function addOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const graph = new NetworkGraph(decodeModel(bytes).graph);
  checkTaps(graph, names);
  const present = new Set(graph.outputs.map((output) => output.name));
  const writer = new BinaryWriter().tag(MODEL_GRAPH, WireType.LengthDelimited).fork();
  const added = names.filter((name) => !present.has(name));
  for (const name of added) {
    writer.tag(GRAPH_OUTPUT, WireType.LengthDelimited).fork().tag(VALUE_NAME, WireType.LengthDelimited).string(name).join();
  }
  if (added.length === 0) return bytes;
  const piece = writer.join().finish();
  const whole = new Uint8Array(bytes.length + piece.length);
  whole.set(bytes);
  whole.set(piece, bytes.length);
  return whole;
}
