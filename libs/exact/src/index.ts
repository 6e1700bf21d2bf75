export { fmix32, foldOf, smallestHashes } from './fmix32.js';
export { Prng } from './prng.js';
export { mirrorLower } from './mirror-lower.js';
export { pivotedCholesky, type PivotedFactor } from './pivoted-cholesky.js';
export { checkProduct, MOST_STEPS, type EngineFacts, type IntegerEngine, type ProductShape } from './integer-engine.js';
export { referenceEngine } from './reference-engine.js';
export { allEnded, inlineCrew, sharedBytes, sharedFloat64, type Crew, type Task } from './crew.js';
export {
  exponentFor,
  fixedPoint,
  largestInteger,
  outOfRange,
  powerOfTwo,
  roundHalfEven,
  toInteger,
  type Bits,
  type FixedPoint,
  type FixedPointOptions,
} from './fixed-point.js';
export { oneGroup, type RowGroups } from './row-groups.js';
export { addInteger, integerAt, integerSums, integersOver, mergeIntegers, integerSumAt, type IntegerSums } from './integer-sums.js';
export { blockRowsFor, PlanedRows, type PlanedOptions, type ReadableRows } from './planed-rows.js';
export { mergeSums, productSums, type ProductSums } from './product-sums.js';
export { integersOf, type ColumnIntegers } from './byte-planes.js';
export { leftDigits, type DigitBlock, type DigitShape, type LeftDigits, type LeftDigitsOptions } from './left-digits.js';
export { rightDigits, type RightDigits } from './right-digits.js';
export { digitProduct, type DigitProductOptions } from './digit-product.js';
export { addGain, centreRows, type Centring } from './centre-rows.js';
export type { MatrixPart } from './matrix-part.js';
export { sharedStorage, storageIn, threadStorage, type CutOptions, type DigitStorage } from './digit-scale.js';
export { blockedCholesky, type FactorOptions } from './blocked-cholesky.js';
export { triangularInverse } from './triangular-inverse.js';
export { solverBytes, solveTriangular, triangularSolver, type TriangularSolver } from './triangular-solver.js';
export { threadArray } from './thread-array.js';
export { transposeBiased } from './transpose-biased.js';
export { ExactSums } from './exact-sums.js';
export { SharedRoom } from './shared-room.js';
export { whileIdle } from './while-idle.js';
