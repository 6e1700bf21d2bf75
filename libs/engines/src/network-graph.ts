import { InputError } from '@fathom/errors';
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './onnx-model.js';

/** These read a tensor's shape, not its values. */
const SHAPE_READERS = new Set(['Shape', 'Size']);

/** A graph one can walk: who makes a tensor, who reads it, and what depends on the image. */
export class NetworkGraph {
  readonly nodes: readonly OnnxNode[];
  readonly outputs: readonly OnnxValue[];
  /** Inputs that a caller must feed: those without a stored value. */
  readonly inputs: readonly OnnxValue[];
  private readonly initializers: ReadonlyMap<string, OnnxTensor>;
  private readonly producers = new Map<string, OnnxNode>();
  private readonly consumers = new Map<string, OnnxNode[]>();
  private readonly positions = new Map<OnnxNode, number>();
  private readonly fromImage = new Set<string>();
  private readonly inner: ReadonlySet<string>;

  /** @throws InputError where a node reads what no earlier node makes, or two make the same */
  constructor(graph: OnnxGraph) {
    this.nodes = graph.nodes;
    this.outputs = graph.outputs;
    this.initializers = graph.initializers;
    this.inner = graph.inner ?? new Set();
    this.inputs = graph.inputs.filter((input) => !graph.initializers.has(input.name));
    const known = new Set([...graph.initializers.keys(), ...this.inputs.map((input) => input.name)]);
    for (const input of this.inputs) this.fromImage.add(input.name);
    graph.nodes.forEach((node, position) => {
      this.positions.set(node, position);
      for (const name of node.inputs)
        if (name !== '' && !known.has(name)) throw broken(`node ${label(node)} reads a tensor that no earlier node makes`, name);
      const read = node.inputs.filter((name) => name !== '');
      for (const name of new Set(read)) {
        const readers = this.consumers.get(name);
        if (readers === undefined) this.consumers.set(name, [node]);
        else readers.push(node);
      }
      const dependsOnImage = !SHAPE_READERS.has(node.operator) && read.some((name) => this.fromImage.has(name));
      for (const name of node.outputs.filter((output) => output !== '')) {
        if (known.has(name)) throw broken('two nodes make the same tensor', name);
        known.add(name);
        this.producers.set(name, node);
        if (dependsOnImage) this.fromImage.add(name);
      }
    });
  }

  /** The node that makes the tensor; undefined for inputs and stored constants. */
  producer(tensor: string): OnnxNode | undefined {
    return this.producers.get(tensor);
  }

  /** The nodes that read the tensor, in forward order. */
  readers(tensor: string): readonly OnnxNode[] {
    return this.consumers.get(tensor) ?? [];
  }

  /** Whether the tensor's values (not only its shape) depend on the image's. */
  isFromImage(tensor: string): boolean {
    return this.fromImage.has(tensor);
  }

  /** The tensors that a node reads whose values depend on the image's, each once. */
  imageInputs(node: OnnxNode): string[] {
    return [...new Set(node.inputs)].filter((name) => this.fromImage.has(name));
  }

  /** Names of the tensors that nodes make of the image and that can be read, in forward order. */
  imageTensors(): string[] {
    return this.nodes.flatMap((node) => node.outputs.filter((output) => this.fromImage.has(output) && !this.inner.has(output)));
  }

  /** The stored constant behind a name; exporters share constants through Identity. */
  constant(name: string): OnnxTensor | undefined {
    let source: string | undefined = name;
    while (source !== undefined) {
      const stored = this.initializers.get(source);
      if (stored !== undefined) return stored;
      const node = this.producers.get(source);
      if (node?.operator === 'Constant') return node.attributes.get('value')?.tensor;
      source = node?.operator === 'Identity' ? node.inputs[0] : undefined;
    }
    return undefined;
  }

  /**
   * The nodes on all paths from one tensor to another, in forward order: none where they are the same tensor,
   * undefined where no path leads there.
   */
  between(from: string, to: string): OnnxNode[] | undefined {
    if (from === to) return [];
    const maker = this.producers.get(from);
    const first = maker === undefined ? 0 : this.position(maker) + 1;
    const backward = new Set<OnnxNode>();
    const open = [to];
    for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
      const node = this.producers.get(tensor);
      if (node === undefined || backward.has(node) || this.position(node) < first) continue;
      backward.add(node);
      open.push(...this.imageInputs(node));
    }
    const reached = new Set([from]);
    const path: OnnxNode[] = [];
    for (const node of [...backward].sort((a, b) => this.position(a) - this.position(b))) {
      if (!this.imageInputs(node).some((name) => reached.has(name))) continue;
      path.push(node);
      for (const output of node.outputs) reached.add(output);
    }
    return reached.has(to) ? path : undefined;
  }

  /** Where the node stands in forward order. */
  position(node: OnnxNode): number {
    return this.positions.get(node) ?? 0;
  }
}

function label(node: OnnxNode): string {
  return `${node.operator} "${node.name === '' ? (node.outputs[0] ?? '') : node.name}"`;
}

function broken(problem: string, name: string): InputError {
  return new InputError({ field: 'model', problem, value: name, accepted: 'an ONNX graph whose nodes are in topological order' });
}
