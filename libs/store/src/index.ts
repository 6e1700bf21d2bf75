export type { GetOptions, ObjectStore, PutOptions, StoredObject } from './object-store.js';
export { openStore, type StoreConfig } from './open-store.js';
export { fileStore } from './file-store.js';
export type { S3Access, S3Options } from './s3-options.js';
export { memoryStore } from './memory-store.js';
