import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { chmodSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { formatAddress, type Address } from '@fathom/wire';
import { authorizeCalls } from './authorize-calls.js';
import { addressInUse, ensureFree } from './free-address.js';
import { grpcService } from './handlers.js';
import { Health } from './health.js';
import { OpenCalls } from './open-calls.js';
import { addReflection } from './reflection.js';
import { checkedOptions, type ServerOptions } from './server-options.js';
import { serverCredentials } from './server-tls.js';
import { openTokens } from './tokens.js';

/** A server that is listening. */
export interface RunningServer {
  readonly name: string;
  /** The address that is bound, with the port that was chosen where 0 was asked for; clients connect to it as it is. */
  readonly address: string;
  /**
   * Says NOT_SERVING, takes no more calls, waits up to `graceMs` for those in flight, ends the rest with UNAVAILABLE and
   * settles when the socket is closed. A second call waits for the first.
   */
  close(): Promise<void>;
}

/** Milliseconds for goodbyes to be written and connections to close, where no call is open any more. */
const LINGER_MS = 500;

/**
 * Starts a gRPC server with health, reflection, authorisation, logs, deadlines and rich errors around the handlers.
 * Throws INVALID_INPUT for wrong options, among them an address that other machines can reach without `tls` and `tokens`,
 * ADDRESS_IN_USE where another process listens.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { name, address: wanted, services, logger, tls, tokens, maxMessageBytes, maxCallsPerConnection, graceMs, ...most } = checkedOptions(options);
  const verifier = tokens && (await openTokens(tokens, logger));
  const credentials = serverCredentials(tls, logger);
  const names = services.map((service) => service.name);
  const calls = new OpenCalls({ logger, tracer: options.tracer, metrics: options.metrics }, new Set(names));
  options.metrics?.add(services);
  const health = new Health(names);
  const server = new Server({
    interceptors: [calls.interceptor, authorizeCalls(verifier)],
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': maxCallsPerConnection,
    'grpc.enable_channelz': 0, // nobody asks for its figures, which every message would pay for
  });
  for (const service of services) server.addService(...grpcService(service, { logger, maxMessageBytes, ...most }));
  health.addTo(server);
  addReflection(server, names);

  await ensureFree(wanted);
  const bound = formatAddress(await bind(server, wanted, credentials));
  health.setServing(true);
  logger.info({ address: bound, services: names }, 'listening');

  const close = async () => {
    logger.info({ address: bound }, 'closing');
    health.setServing(false);
    // tryShutdown may never call back (a client that holds its connection), so it only ever shortens the waiting.
    const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    if (!(await within(graceMs, calls.idle()))) calls.endAll(true);
    await within(LINGER_MS, closed);
    server.forceShutdown();
    logger.info({ address: bound }, 'closed');
  };
  let closing: Promise<void> | undefined;
  return { name, address: bound, close: () => (closing ??= close()) };
}

/** The last unix socket that was bound: the umask is the whole process's, so there is one such bind at a time. */
let lastBind: Promise<unknown> = Promise.resolve();

function bind(server: Server, address: Address, credentials: ServerCredentials): Promise<Address> {
  if (address.kind === 'tcp') return bindNow(server, address, credentials);
  const bound = lastBind.then(() => bindPrivately(server, address, credentials));
  lastBind = bound.catch(() => undefined);
  return bound;
}

/** Whoever may open the file of a socket may call the services, so it is its owner's alone from the moment it is there. */
async function bindPrivately(server: Server, address: Address & { kind: 'unix' }, credentials: ServerCredentials): Promise<Address> {
  // Not 0177: folders that are made meanwhile must still open for their owner.
  const before = process.umask(0o077);
  try {
    await bindNow(server, address, credentials);
    chmodSync(address.path, 0o600);
    return address;
  } catch (error) {
    server.forceShutdown();
    throw error;
  } finally {
    process.umask(before);
  }
}

function bindNow(server: Server, address: Address, credentials: ServerCredentials): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.bindAsync(formatAddress(address), credentials, (error, port) => {
      if (error) return reject(/EADDRINUSE/.test(error.message) ? addressInUse(address) : error);
      resolve(address.kind === 'tcp' ? { ...address, port } : address);
    });
  });
}

/** True where the promise settles in time. */
async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    timer.abort();
  }
}
