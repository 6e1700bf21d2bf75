/** ONNX element types by their number in TensorProto.DataType. */
export const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: 'FLOAT',
  2: 'UINT8',
  3: 'INT8',
  4: 'UINT16',
  5: 'INT16',
  6: 'INT32',
  7: 'INT64',
  8: 'STRING',
  9: 'BOOL',
  10: 'FLOAT16',
  11: 'DOUBLE',
  12: 'UINT32',
  13: 'UINT64',
  14: 'COMPLEX64',
  15: 'COMPLEX128',
  16: 'BFLOAT16',
};

/** A constant stored in the model. Its values stay bytes until somebody asks for them. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** A name of {@link ELEMENT_TYPES}, or the type's number where it is not among them. */
  readonly elementType: string;
  /** The values as stored bytes, little-endian; undefined where they are in typed fields. */
  readonly raw: Uint8Array | undefined;
  /** The values of the float field, 4 bytes each, in pieces. */
  readonly floats: readonly Uint8Array[];
}

/** What a node's attribute says, as far as Fathom reads it. */
export interface OnnxAttribute {
  readonly integer: number | undefined;
  readonly float: number | undefined;
  readonly tensor: OnnxTensor | undefined;
}

/** One operator of the graph. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  /** Tensors read, in the operator's order; '' where an optional one is left out. */
  readonly inputs: readonly string[];
  /** Tensors made, in the operator's order; '' where an optional one is left out. */
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** A graph's input or output, or a tensor that the exporter described. */
export interface OnnxValue {
  readonly name: string;
  /** As in {@link OnnxTensor}; undefined where the model does not say. */
  readonly elementType: string | undefined;
  /** A size, a name for one that varies, or '' where nothing is known; undefined where even the rank is unknown. */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Tensors that no engine can show, inside what it computes in one go. @default none */
  readonly inner?: ReadonlySet<string>;
}

export interface OnnxModel {
  readonly irVersion: number;
  /** Version of the standard operators. */
  readonly opset: number;
  /** The program that wrote the file, with its version; '' where it does not say. */
  readonly producer: string;
  readonly graph: OnnxGraph;
}
