import type { Layer } from './layers-topology.js';

/** The ONNX operator that does what a layer does; a layer that is not here keeps its own name. */
const OPERATORS: Readonly<Record<string, string>> = {
  Conv1D: 'Conv',
  Conv2D: 'Conv',
  DepthwiseConv2D: 'Conv',
  SeparableConv2D: 'Conv',
  Conv2DTranspose: 'ConvTranspose',
  Dense: 'Gemm',
  BatchNormalization: 'BatchNormalization',
  LayerNormalization: 'LayerNormalization',
  Add: 'Add',
  Subtract: 'Sub',
  Multiply: 'Mul',
  Maximum: 'Max',
  Minimum: 'Min',
  Concatenate: 'Concat',
  MaxPooling2D: 'MaxPool',
  AveragePooling2D: 'AveragePool',
  GlobalAveragePooling2D: 'GlobalAveragePool',
  GlobalAveragePooling1D: 'ReduceMean',
  GlobalMaxPooling2D: 'GlobalMaxPool',
  Flatten: 'Flatten',
  Reshape: 'Reshape',
  Permute: 'Transpose',
  ZeroPadding2D: 'Pad',
  Cropping2D: 'Slice',
  UpSampling2D: 'Resize',
  Rescaling: 'Mul',
  Dropout: 'Dropout',
  SpatialDropout1D: 'Dropout',
  SpatialDropout2D: 'Dropout',
  AlphaDropout: 'Dropout',
  GaussianDropout: 'Dropout',
  GaussianNoise: 'Dropout',
  ReLU: 'Relu',
  LeakyReLU: 'LeakyRelu',
  PReLU: 'PRelu',
  ThresholdedReLU: 'ThresholdedRelu',
  ELU: 'Elu',
  Softmax: 'Softmax',
};

const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Clip',
  elu: 'Elu',
  selu: 'Selu',
  gelu: 'Gelu',
  gelu_new: 'Gelu',
  mish: 'Mish',
  sigmoid: 'Sigmoid',
  hard_sigmoid: 'HardSigmoid',
  hardSigmoid: 'HardSigmoid',
  softmax: 'Softmax',
  softplus: 'Softplus',
  softsign: 'Softsign',
  swish: 'Swish',
  tanh: 'Tanh',
};

/** The ONNX operators that a layer is made of, in order: its own, and that of an activation that it has inside. */
export function operatorsOf({ kind, config }: Layer): string[] {
  const name = config['activation'];
  const activation = typeof name === 'string' && name !== 'linear' ? (ACTIVATIONS[name] ?? name) : undefined;
  if (kind === 'Activation') return [activation ?? 'Identity'];
  // A ReLU with a ceiling is a Clip.
  const own = kind === 'ReLU' && typeof config['max_value'] === 'number' ? 'Clip' : (OPERATORS[kind] ?? kind);
  return activation === undefined ? [own] : [own, activation];
}
