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
export { tenantsOf, tenantStore } from './tenant-store.js';
export { memoryStore } from './memory-store.js';
export { STORE_TROUBLE_CHANNEL, tellStoreTrouble, type StoreTrouble } from './store-trouble.js';
export { measuredStore, STORE_CALLS, STORE_OUTCOMES, type StoreCall } from './measured-store.js';
export { stoppableStore } from './stoppable-store.js';
