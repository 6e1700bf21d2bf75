export { ArtifactStore, type ArtifactHead } from './artifact-store.js';
export { copyArtifact } from './copy-artifact.js';
export type { Artifact } from './artifact.js';
export type { Manifest, Provenance, Shard, ShardRecord, TensorPart, TensorRecord } from './manifest.js';
export { Recent, type RecentOptions } from './recent.js';
export { collectGarbage, type Garbage, type GarbageByFolder, type GarbageOptions } from './gc.js';
