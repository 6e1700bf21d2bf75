export { keptBytes, KernelLayout, kernels, type Address, type KernelMemory, type Kernels } from './kernels.js';
export { bringArrayBack, layArray, placeForArray } from './lay-array.js';
