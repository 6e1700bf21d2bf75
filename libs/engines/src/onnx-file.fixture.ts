import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A graph to write as an ONNX file: a second, small implementation of the format for tests. */
export interface FileGraph {
  readonly inputs?: readonly FileValue[];
  readonly outputs: readonly string[];
  readonly nodes: readonly FileNode[];
  /** Stored constants by name. */
  readonly constants?: Readonly<Record<string, FileTensor>>;
}

/** [operator, inputs, outputs, attributes, domain] */
export type FileNode = readonly [
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, FileAttribute>>,
  domain?: string,
];
export type FileAttribute =
  | { int: number }
  | { ints: readonly number[] }
  | { float: number }
  | { tensor: FileTensor }
  | { tensors: readonly FileTensor[] }
  | { graph: FileGraph }
  | { sparse: true };

export interface FileTensor {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  /** Number of the element type; 1 is float32, 7 int64. @default 1 */
  readonly type?: number;
  /** Whether values go to raw_data. @default true */
  readonly isRaw?: boolean;
  /** A path that the values are said to be at. @default none */
  readonly external?: string;
}

export interface FileValue {
  readonly name: string;
  readonly type?: number;
  readonly shape?: readonly (number | string)[];
}

/** An input `image` of float32 [N, 3, 4, 4]. */
export const IMAGE: FileValue = { name: 'image', type: 1, shape: ['N', 3, 4, 4] };

/** The bytes of an ONNX file. */
export function onnxFile(graph: FileGraph, file: { opset?: number; irVersion?: number; producer?: string } = {}): Uint8Array {
  const model = new BinaryWriter();
  integer(model, 1, file.irVersion ?? 8);
  text(model, 2, file.producer ?? 'fixture');
  message(model, 7, () => writeGraph(model, graph));
  message(model, 8, () => integer(text(model, 1, ''), 2, file.opset ?? 13));
  return model.finish();
}

/** Constant values that are not 0 and differ, the same every time. */
export function someValues(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x40000000 - 1;
  });
}

/** A stored float32 constant of {@link someValues}. */
export function weight(...dims: number[]): FileTensor {
  return {
    dims,
    values: someValues(
      dims.reduce((product, size) => product * size, 1),
      dims.length + (dims[0] ?? 0),
    ),
  };
}

/** A convolution that keeps the image's size. */
export function conv(input: string, weightName: string, output: string, kernel = 3): FileNode {
  const pad = (kernel - 1) / 2;
  return ['Conv', [input, weightName], [output], { kernel_shape: { ints: [kernel, kernel] }, pads: { ints: [pad, pad, pad, pad] } }];
}

function writeGraph(to: BinaryWriter, graph: FileGraph): void {
  for (const [operator, inputs, outputs, attributes, domain] of graph.nodes) {
    message(to, 1, () => {
      for (const name of inputs) text(to, 1, name);
      for (const name of outputs) text(to, 2, name);
      text(to, 4, operator);
      for (const [name, value] of Object.entries(attributes ?? {})) message(to, 5, () => writeAttribute(to, name, value));
      if (domain !== undefined) text(to, 7, domain);
    });
  }
  text(to, 2, 'graph');
  for (const [name, tensor] of Object.entries(graph.constants ?? {})) message(to, 5, () => writeTensor(to, tensor, name));
  for (const value of graph.inputs ?? [IMAGE]) message(to, 11, () => writeValue(to, value));
  for (const name of graph.outputs) message(to, 12, () => writeValue(to, { name, type: 1 }));
}

function writeAttribute(to: BinaryWriter, name: string, value: FileAttribute): void {
  text(to, 1, name);
  if ('float' in value) to.tag(2, WireType.Bit32).float(value.float);
  if ('int' in value) integer(to, 3, value.int);
  if ('tensor' in value) message(to, 5, () => writeTensor(to, value.tensor, ''));
  if ('tensors' in value) for (const tensor of value.tensors) message(to, 10, () => writeTensor(to, tensor, ''));
  if ('sparse' in value) message(to, 22, () => undefined);
  if ('graph' in value) message(to, 6, () => writeGraph(to, { inputs: [], ...value.graph }));
  if ('ints' in value) for (const int of value.ints) integer(to, 8, int);
  integer(to, 20, 'float' in value ? 1 : 'int' in value ? 2 : 'tensor' in value ? 4 : 'graph' in value ? 5 : 7);
}

function writeTensor(to: BinaryWriter, tensor: FileTensor, name: string): void {
  const type = tensor.type ?? 1;
  for (const size of tensor.dims) integer(to, 1, size);
  integer(to, 2, type);
  text(to, 8, name);
  if (tensor.external !== undefined) {
    const path = tensor.external;
    message(to, 13, () => text(text(to, 1, 'location'), 2, path));
    integer(to, 14, 1);
  } else if (tensor.isRaw === false) {
    message(to, 4, () => tensor.values.forEach((value) => to.float(value)));
  } else {
    const values = type === 7 ? BigInt64Array.from(tensor.values, BigInt) : Float32Array.from(tensor.values);
    to.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(values.buffer));
  }
}

function writeValue(to: BinaryWriter, value: FileValue): void {
  text(to, 1, value.name);
  const { type, shape } = value;
  if (type === undefined) return;
  message(to, 2, () =>
    message(to, 1, () => {
      integer(to, 1, type);
      if (shape === undefined) return;
      message(to, 2, () => {
        for (const size of shape) message(to, 1, () => (typeof size === 'number' ? integer(to, 1, size) : text(to, 2, size)));
      });
    }),
  );
}

function message(to: BinaryWriter, field: number, write: () => void): void {
  to.tag(field, WireType.LengthDelimited).fork();
  write();
  to.join();
}

function text(to: BinaryWriter, field: number, value: string): BinaryWriter {
  return to.tag(field, WireType.LengthDelimited).string(value);
}

function integer(to: BinaryWriter, field: number, value: number): BinaryWriter {
  return to.tag(field, WireType.Varint).int64(value);
}
