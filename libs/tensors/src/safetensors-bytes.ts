import { InputError } from '@fathom/errors';
import { bytesPerElement } from './dtype.js';
import { headerLength, parseHeader } from './safetensors-header.js';
import { checkTensor, tensorBytes, tensorOver, type Tensor } from './tensor.js';

/**
 * Writes tensors as one safetensors file. Wider elements come first (else in the order given), and the header is padded to a multiple
 * of 8 bytes, so that every tensor is aligned and readers need not copy.
 * @throws InputError when a name is empty, reserved (`__metadata__`) or given twice, or a tensor does not hold what it says.
 */
export function encodeSafetensors(tensors: readonly Tensor[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  const names = new Set<string>();
  for (const tensor of tensors) {
    checkTensor(tensor);
    if (tensor.name === '' || tensor.name === '__metadata__' || tensor.name === '__proto__' || names.has(tensor.name))
      throw new InputError({
        field: 'tensors',
        problem: 'a name cannot be used, or is used twice',
        value: tensor.name,
        accepted: 'names that differ, but "", "__metadata__" and "__proto__"',
      });
    names.add(tensor.name);
  }
  const ordered = [...tensors].sort((a, b) => bytesPerElement(b.dtype) - bytesPerElement(a.dtype));
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  let end = 0;
  for (const { name, dtype, shape, data } of ordered) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  let at = 8 + length;
  for (const tensor of ordered) {
    bytes.set(tensorBytes(tensor), at);
    at += tensor.data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file in memory. The tensors are views of `bytes` where these are aligned, else copies. In the order of their bytes.
 * @param name what to call the bytes in errors
 * @throws InputError as `openSafetensors`
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Map<string, Tensor> {
  if (bytes.length < 8)
    throw new InputError({ field: name, problem: 'too short for a safetensors file', value: bytes.length, accepted: 'at least 8 bytes' });
  const length = headerLength(bytes, bytes.length, name);
  const data = bytes.subarray(8 + length);
  const { entries } = parseHeader(bytes.subarray(8, 8 + length), data.length, name);
  return new Map(entries.map((entry) => [entry.name, tensorOver(entry.name, entry.dtype, entry.shape, data.subarray(entry.begin, entry.end))]));
}
