import { unsupportedModel } from './unsupported-model.js';

/** Operators of the ONNX standard that the forward pass of a vision network may be made of. docs/security.md lists them. */
export const STANDARD_OPERATORS: ReadonlySet<string> = new Set([
  // linear in the image
  ...['Conv', 'ConvInteger', 'ConvTranspose', 'Einsum', 'Gemm', 'MatMul', 'MatMulInteger', 'QLinearConv', 'QLinearMatMul'],
  ...['DequantizeLinear', 'DynamicQuantizeLinear', 'QuantizeLinear'],
  // of each element
  ...['Abs', 'Acos', 'Acosh', 'Add', 'And', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cast', 'CastLike', 'Ceil', 'Celu', 'Clip', 'Cos', 'Cosh'],
  ...['Div', 'Elu', 'Equal', 'Erf', 'Exp', 'Floor', 'Gelu', 'Greater', 'GreaterOrEqual', 'HardSigmoid', 'HardSwish', 'IsInf', 'IsNaN'],
  ...['LeakyRelu', 'Less', 'LessOrEqual', 'Log', 'Max', 'Mean', 'Min', 'Mish', 'Mod', 'Mul', 'Neg', 'Not', 'Or', 'PRelu', 'Pow'],
  ...['Reciprocal', 'Relu', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Sub', 'Sum'],
  ...['Swish', 'Tan', 'Tanh', 'ThresholdedRelu', 'Where', 'Xor'],
  // over space, channels or all
  ...['ArgMax', 'ArgMin', 'Attention', 'AveragePool', 'BatchNormalization', 'CumSum', 'GlobalAveragePool', 'GlobalLpPool', 'GlobalMaxPool'],
  ...['GroupNormalization', 'Hardmax', 'InstanceNormalization', 'LRN', 'LayerNormalization', 'LogSoftmax', 'LpNormalization', 'LpPool'],
  ...['MaxPool', 'MeanVarianceNormalization', 'RMSNormalization', 'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax'],
  ...['ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare', 'RotaryEmbedding', 'Softmax', 'TopK'],
  // of shape and place
  ...['Concat', 'Constant', 'ConstantOfShape', 'DepthToSpace', 'Dropout', 'Expand', 'EyeLike', 'Flatten', 'Gather', 'GatherElements'],
  ...['GatherND', 'GridSample', 'Identity', 'OneHot', 'Pad', 'Range', 'Reshape', 'Resize', 'ScatterElements', 'ScatterND', 'Shape', 'Size'],
  ...['Slice', 'SpaceToDepth', 'Split', 'Squeeze', 'Tile', 'Transpose', 'Trilu', 'Unsqueeze', 'Upsample'],
]);

/** Those that onnxruntime adds in its own domain, as its tools write them for a standard activation. */
export const MICROSOFT_OPERATORS: ReadonlySet<string> = new Set(['FastGelu', 'Gelu', 'QuickGelu']);

/**
 * Refuses an operator that no forward pass of a vision network needs: control flow, which may go round without end, texts, sequences,
 * random numbers, and what others have defined.
 *
 * @param node its name in the graph
 * @throws FathomError UNSUPPORTED_MODEL
 */
export function checkOperator(domain: string, operator: string, node: string): void {
  const isStandard = domain === '' || domain === 'ai.onnx';
  if (isStandard ? STANDARD_OPERATORS.has(operator) : domain === 'com.microsoft' && MICROSOFT_OPERATORS.has(operator)) return;
  const name = isStandard ? operator : `${domain}.${operator}`;
  throw unsupportedModel(
    `operator ${shown(name)} of node "${shown(node)}" is not accepted`,
    'the operators that docs/security.md lists: those of the ONNX standard for the forward pass of a vision network, without control flow',
  );
}

/** Names come from the file, and may have any length. */
function shown(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}
