import { InputError } from '@fathom/errors';
import type { ModelBudget } from './model-budget.js';
import { ELEMENT_TYPES, type OnnxTensor } from './onnx-model.js';
import { unsupportedModel } from './unsupported-model.js';
import { wireFields } from './wire-field.js';

const EXTERNAL = 1;

/**
 * Reads a stored constant without copying its values.
 *
 * @throws FathomError UNSUPPORTED_MODEL where the values lie in another file: its path is neither read nor followed
 * @throws InputError where its shape goes beyond the budget
 */
export function decodeTensor(message: Uint8Array, budget: ModelBudget): OnnxTensor {
  let name = '';
  let elementType = '';
  let raw: Uint8Array | undefined;
  let isExternal = false;
  const dims: number[] = [];
  const floats: Uint8Array[] = [];
  for (const field of wireFields(message)) {
    switch (field.number) {
      case 1:
        field.appendIntegers(dims);
        break;
      case 2: {
        const number = field.integer();
        elementType = ELEMENT_TYPES[number] ?? String(number);
        break;
      }
      case 4:
        floats.push(field.floatBytes());
        break;
      case 8:
        name = field.text();
        break;
      case 9:
        raw = field.bytes();
        break;
      case 13:
        isExternal = true;
        break;
      case 14:
        isExternal ||= field.integer() === EXTERNAL;
        break;
    }
  }
  if (isExternal) {
    throw unsupportedModel(`tensor "${name}" is stored in another file (external data)`, 'a model whose weights are all inside the one file');
  }
  budget.checkShape(name, dims);
  return { name, dims, elementType, raw, floats };
}

/** Number of values that the tensor's shape stands for. */
export function elementCount(tensor: OnnxTensor): number {
  return tensor.dims.reduce((product, size) => product * size, 1);
}

/**
 * The values of a float32 constant, row-major, in an array of their own.
 *
 * @throws FathomError UNSUPPORTED_MODEL where they are of another type
 * @throws InputError where their number is not what the shape says
 */
export function floatValues(tensor: OnnxTensor): Float32Array {
  if (tensor.elementType !== 'FLOAT') {
    throw unsupportedModel(`tensor "${tensor.name}" is of type ${tensor.elementType}`, 'FLOAT');
  }
  const stored = tensor.raw === undefined ? Buffer.concat(tensor.floats) : tensor.raw;
  const count = elementCount(tensor);
  if (stored.length !== 4 * count) {
    throw new InputError({
      field: `model tensor "${tensor.name}"`,
      problem: `its shape [${tensor.dims.join(', ')}] does not fit what is stored`,
      value: `${stored.length} bytes`,
      accepted: `${4 * count} bytes`,
    });
  }
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 1) values[i] = view.getFloat32(4 * i, true);
  return values;
}
