export { fmix32, foldOf, smallestHashes } from './fmix32.js';
export { Prng } from './prng.js';
export { naturalLog } from './natural-log.js';
export { ByShard, type RowStatistic } from './row-statistic.js';
export { addGram, addProduct, addTransposedProduct, mirrorLower } from './products.js';
export { cholesky, solveCholesky, solveLower, solveLowerTransposed } from './cholesky.js';
export { pivotedCholesky, type PivotedFactor } from './pivoted-cholesky.js';
