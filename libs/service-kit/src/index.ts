export { startServer, type RunningServer } from './start-server.js';
export { type ServerLimits, type ServerOptions } from './server-options.js';
export { implement, type BoundService, type Handler, type Implementation } from './service-types.js';
export { type CallContext } from './call-context.js';
export { connect, type CallOptions, type ClientConstructor, type ConnectOptions, type Remote } from './connect.js';
export { runUntilSignalled } from './run-until-signalled.js';
export { createLogger, type Logger, type LoggerOptions } from './logger.js';
export { statusOf } from './error-status.js';
export { errorOf } from './received-error.js';
