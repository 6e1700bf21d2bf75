export { fitNmf, fitNmfStreamed, type NmfFit } from './nmf.js';
export { type NmfOptions } from './nmf-options.js';
export { fitClasses, type OneClassFit } from './class-nmf.js';
export { NnlsEncoder, type Encoded, type NnlsOptions } from './nnls-encoder.js';
export { decode } from './decode.js';
export { neuronBasis, randomDirections } from './baselines.js';
export { deadAtoms, sparsity } from './fidelity.js';
export { fitKMeans, type KMeans, type KMeansOptions } from './k-means.js';
