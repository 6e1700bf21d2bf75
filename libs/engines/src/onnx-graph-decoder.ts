import type { NodeBudget } from './node-budget.js';
import { decodeTensor } from './onnx-tensor-decoder.js';
import { ELEMENT_TYPES, type OnnxAttribute, type OnnxGraph, type OnnxNode, type OnnxTensor, type OnnxValue } from './onnx-model.js';
import { unsupportedModel } from './unsupported-model.js';
import { wireFields } from './wire-field.js';

/** Subgraphs within subgraphs: deeper than any network, shallow enough for the stack. */
const MOST_NESTED = 16;

/** They may go round without end inside one pass, and a pass cannot be cancelled. */
const LOOPS = new Set(['Loop', 'Scan']);

/** Reads a graph that may come in several pieces, which protobuf merges by appending their lists. */
export function decodeGraph(pieces: readonly Uint8Array[], budget: NodeBudget, depth = 0): OnnxGraph {
  if (depth > MOST_NESTED) throw new Error(`subgraphs are nested more than ${MOST_NESTED} deep`);
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  for (const piece of pieces) {
    for (const field of wireFields(piece)) {
      switch (field.number) {
        case 1:
          nodes.push(decodeNode(field.bytes(), budget, depth));
          break;
        case 5: {
          const tensor = decodeTensor(field.bytes());
          initializers.set(tensor.name, tensor);
          break;
        }
        case 11:
          inputs.push(decodeValue(field.bytes()));
          break;
        case 12:
          outputs.push(decodeValue(field.bytes()));
          break;
        case 15:
          throw unsupportedModel('it stores sparse weights', 'dense weights');
      }
    }
  }
  return { nodes, initializers, inputs, outputs };
}

/** Reads one operator, and through its attributes the subgraphs that it holds. */
export function decodeNode(message: Uint8Array, budget: NodeBudget, depth: number): OnnxNode {
  budget.spend();
  let name = '';
  let operator = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const captured: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  for (const field of wireFields(message)) {
    switch (field.number) {
      case 1:
        inputs.push(field.text());
        break;
      case 2:
        outputs.push(field.text());
        break;
      case 3:
        name = field.text();
        break;
      case 4:
        operator = field.text();
        break;
      case 5:
        attributes.set(...decodeAttribute(field.bytes(), budget, depth, captured));
        break;
    }
  }
  if (LOOPS.has(operator)) throw unsupportedModel(`it loops: operator ${operator}`, 'a network without Loop and Scan');
  return { name, operator, inputs, captured, outputs, attributes };
}

function decodeAttribute(message: Uint8Array, budget: NodeBudget, depth: number, captured: string[]): [string, OnnxAttribute] {
  let name = '';
  let integer: number | undefined;
  let float: number | undefined;
  let tensor: OnnxTensor | undefined;
  for (const field of wireFields(message)) {
    switch (field.number) {
      case 1:
        name = field.text();
        break;
      case 2:
        float = field.float();
        break;
      case 3:
        integer = field.integer();
        break;
      case 5:
        tensor = decodeTensor(field.bytes());
        break;
      case 6:
      case 11:
        captured.push(...namesReadBy(decodeGraph([field.bytes()], budget, depth + 1)));
        break;
      case 10:
        decodeTensor(field.bytes());
        break;
    }
  }
  return [name, { integer, float, tensor }];
}

function namesReadBy(graph: OnnxGraph): string[] {
  return [...graph.nodes.flatMap((node) => [...node.inputs, ...node.captured]), ...graph.outputs.map((output) => output.name)];
}

function decodeValue(message: Uint8Array): OnnxValue {
  let name = '';
  let elementType: string | undefined;
  let shape: (number | string)[] | undefined;
  for (const field of wireFields(message)) {
    if (field.number === 1) name = field.text();
    if (field.number !== 2) continue;
    for (const type of wireFields(field.bytes())) {
      if (type.number !== 1) continue;
      for (const tensorType of wireFields(type.bytes())) {
        if (tensorType.number === 1) {
          const number = tensorType.integer();
          elementType = ELEMENT_TYPES[number] ?? String(number);
        }
        if (tensorType.number === 2) shape = decodeShape(tensorType.bytes());
      }
    }
  }
  return { name, elementType, shape };
}

function decodeShape(message: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  for (const field of wireFields(message)) {
    if (field.number !== 1) continue;
    let size: number | string = '';
    for (const dimension of wireFields(field.bytes())) {
      if (dimension.number === 1) size = dimension.integer();
      if (dimension.number === 2) size = dimension.text();
    }
    shape.push(size);
  }
  return shape;
}
