export { loadConfig, SERVICES, type Config, type ConfigSources, type ServiceName } from './config.js';
export type { Platform } from './platform.js';
export { serve, serveUntilSignalled, type Served, type ServiceFactory } from './serve.js';
export { operationMessage } from './operation-message.js';
export { fingerprint, inputPath } from './input-path.js';
export { requirePresigning, URL_SECONDS } from './presigned.js';
export { pageSizeOf, pageTokenOf } from './pages.js';
export { connection, type ConnectionConfig } from './connection.js';
export { openTelemetry, type Telemetry } from './telemetry.js';
