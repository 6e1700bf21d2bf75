export type {
  CallOptions,
  GetOptions,
  ListOptions,
  ObjectStore,
  PresignedRequest,
  PresignOptions,
  PutOptions,
  StoredObject,
} from './object-store.js';
export { openStore, type StoreConfig } from './open-store.js';
export { fileStore } from './file-store.js';
export type { S3Access, S3Options } from './s3-options.js';
export { memoryStore } from './memory-store.js';
export { measuredStore, STORE_CALLS, STORE_OUTCOMES, type StoreCall } from './measured-store.js';
