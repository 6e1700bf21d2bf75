export { rowSource, type RowFacts, type RowSource } from './row-source.js';
export { floatTypeOf, type FloatArray, type FloatType } from './float-type.js';
export { floatInto } from './float-into.js';
export { memoryRows, tensorRows } from './memory-rows.js';
export { DTYPES, bytesPerElement, isDType, isFloating, type DType } from './dtype.js';
export { checkRowRange } from './row-range.js';
export { matrixShape, type MatrixShape } from './shape.js';
export { checkTensor, float64Tensor, sliceRows, tensorBytes, tensorOver, type Tensor, type TypedArray } from './tensor.js';
export { toFloat64 } from './to-float64.js';
export { fileBytes, memoryBytes, type ByteSource } from './byte-source.js';
export { openSafetensors, type SafetensorsFile } from './safetensors-file.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors-bytes.js';
export { openNpy, type NpyFile } from './npy-file.js';
export type { NpyHeader } from './npy-header.js';
export { canonicalJson, type Json } from './canonical-json.js';
export {
  BLOCK_ROWS,
  TensorDigester,
  blockDigests,
  contentDigest,
  jsonDigest,
  sha256Hex,
  tensorDigest,
  type TensorIdentity,
} from './content-digest.js';
