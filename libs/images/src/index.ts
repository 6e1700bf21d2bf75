export { openImageSet, type ImageSetDescription } from './image-set.js';
export { IMAGE_LIMITS, type ImageLimits } from './image-limits.js';
export { fingerprintImageSet } from './fingerprint.js';
export type { ImageSource } from './image-source.js';
export type { IdxImages } from './idx-images.js';
export type { FolderImages } from './folder-images.js';
export type { ArrayImages, ArrayLocation } from './array-images.js';
export type { Resize } from './image-file.js';
