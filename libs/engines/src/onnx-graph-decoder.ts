import type { FathomError } from '@fathom/errors';
import { checkOperator } from './accepted-operators.js';
import type { ModelBudget } from './model-budget.js';
import { decodeTensor } from './onnx-tensor-decoder.js';
import { ELEMENT_TYPES, type OnnxAttribute, type OnnxGraph, type OnnxNode, type OnnxTensor, type OnnxValue } from './onnx-model.js';
import { unsupportedModel } from './unsupported-model.js';
import { wireFields } from './wire-field.js';

/** Reads a graph that may come in several pieces, which protobuf merges by appending their lists. */
export function decodeGraph(pieces: readonly Uint8Array[], budget: ModelBudget): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  for (const piece of pieces) {
    for (const field of wireFields(piece)) {
      switch (field.number) {
        case 1:
          nodes.push(decodeNode(field.bytes(), budget));
          break;
        case 5: {
          const tensor = decodeTensor(field.bytes(), budget);
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
          throw sparse();
      }
    }
  }
  return { nodes, initializers, inputs, outputs };
}

/** Reads one operator; its attributes once it is known to be one that is accepted. */
function decodeNode(message: Uint8Array, budget: ModelBudget): OnnxNode {
  budget.spend();
  let name = '';
  let operator = '';
  let domain = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const stored: Uint8Array[] = [];
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
        stored.push(field.bytes());
        break;
      case 7:
        domain = field.text();
        break;
    }
  }
  const label = name === '' ? (outputs[0] ?? '') : name;
  checkOperator(domain, operator, label);
  const attributes = new Map(stored.map((attribute) => decodeAttribute(attribute, `${operator} "${label}"`, budget)));
  return { name, operator, inputs, outputs, attributes };
}

function decodeAttribute(message: Uint8Array, node: string, budget: ModelBudget): [string, OnnxAttribute] {
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
        tensor = decodeTensor(field.bytes(), budget);
        break;
      case 6:
      case 11:
        throw unsupportedModel(`an attribute of node ${node} holds a graph`, 'operators without graphs of their own');
      case 10:
        decodeTensor(field.bytes(), budget);
        break;
      case 22:
      case 23:
        throw sparse();
    }
  }
  return [name, { integer, float, tensor }];
}

function sparse(): FathomError {
  return unsupportedModel('it stores sparse weights', 'dense weights');
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
