import type { NetworkGraph } from './network-graph.js';
import type { OnnxNode } from './onnx-model.js';
import { isArithmetic, isNonLinear, isPassing } from './operators.js';

/** A non-linearity that reads a tensor which nothing else reads. */
export interface NonLinearity {
  /** What it is called: its operator, or the usual name of one that is composed of several. */
  readonly name: string;
  /** The tensor it makes. */
  readonly output: string;
}

/** More nodes than any non-linearity is written with. */
const MOST_NODES = 12;

/**
 * The non-linearity that directly follows a tensor, where it is the tensor's only use; else null.
 * One operator (Relu, Clip, HardSwish, Gelu …) or several that act on each element alone and meet again in one
 * tensor, as exporters write SiLU = x·sigmoid(x), GELU by Erf, or Mish.
 */
export function nonLinearityAfter(graph: NetworkGraph, tensor: string): NonLinearity | null {
  let start = tensor;
  const inside: OnnxNode[] = [];
  const made = [start];
  while (inside.length < MOST_NODES) {
    const next = nextReader(graph, made, inside);
    if (next === undefined || !staysWithin(graph, next, made)) return null;
    const output = next.outputs[0];
    if (output === undefined || !(isNonLinear(next) || isArithmetic(next) || isPassing(next))) return null;
    if (inside.length === 0 && isPassing(next) && graph.readers(start).length === 1) {
      start = output;
      made.splice(0, 1, start);
      continue;
    }
    inside.push(next);
    const nobodyElseReads = made.every((name) => graph.readers(name).every((reader) => inside.includes(reader)));
    if (nobodyElseReads) {
      if (!inside.some(isNonLinear)) return null;
      return inside.length === 1 ? { name: next.operator, output } : withScale(graph, { name: composedName(inside), output });
    }
    made.push(output);
  }
  return null;
}

/** The earliest node that reads one of the tensors and is not inside yet. */
function nextReader(graph: NetworkGraph, tensors: readonly string[], inside: readonly OnnxNode[]): OnnxNode | undefined {
  const waiting = tensors.flatMap((name) => graph.readers(name)).filter((reader) => !inside.includes(reader));
  return waiting.reduce<OnnxNode | undefined>(
    (first, node) => (first === undefined || graph.position(node) < graph.position(first) ? node : first),
    undefined,
  );
}

function staysWithin(graph: NetworkGraph, node: OnnxNode, tensors: readonly string[]): boolean {
  return graph.imageInputs(node).every((name) => tensors.includes(name));
}

/** Takes in a last multiplication by a constant, such as the ½ of GELU or the ⅙ of HardSwish. */
function withScale(graph: NetworkGraph, found: NonLinearity): NonLinearity {
  const [reader, ...others] = graph.readers(found.output);
  const output = reader?.outputs[0];
  if (reader === undefined || output === undefined || others.length > 0) return found;
  const isScale = (reader.operator === 'Mul' || reader.operator === 'Div') && graph.imageInputs(reader).length === 1;
  const isScalar = reader.inputs.every((name) => graph.isFromImage(name) || graph.constant(name)?.dims.every((size) => size === 1) === true);
  return isScale && isScalar && reader.inputs[0] === found.output ? { name: found.name, output } : found;
}

function composedName(nodes: readonly OnnxNode[]): string {
  const has = (operator: string) => nodes.some((node) => node.operator === operator);
  if (has('Erf') || (has('Tanh') && has('Pow'))) return 'Gelu';
  if (has('Softplus') && has('Tanh')) return 'Mish';
  if (has('Sigmoid') && has('Mul')) return 'Silu';
  if ((has('HardSigmoid') || has('Clip')) && has('Mul')) return 'HardSwish';
  return nodes.map((node) => node.operator).join('+');
}
