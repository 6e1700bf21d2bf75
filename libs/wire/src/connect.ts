import { FathomError, InputError } from '@fathom/errors';
import {
  Metadata,
  type CallOptions as GrpcCallOptions,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type Interceptor,
  type ServiceError,
} from '@grpc/grpc-js';
import { clientCredentials, type ClientTls } from './client-tls.js';
import { checkSize } from './message-size.js';
import { REQUEST_ID, TENANT } from './metadata-names.js';
import { receivedError, type CallTarget } from './received-error.js';
import { serviceConfig } from './service-config.js';
import type { MethodShape, RequestOf, ResponseOf, ServiceShape } from './service-shape.js';
import { parseTarget } from './target.js';
import { TokenFile } from './token-file.js';

/** Options of one call. */
export interface CallOptions {
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED; Infinity for never. @default the connection's for a plain method, Infinity for a stream */
  readonly deadlineMs?: number;
  /** Cancels the call, which then throws CANCELLED. @default none */
  readonly signal?: AbortSignal;
  /** Names the call in the server's log. @default the server makes one */
  readonly requestId?: string;
}

/** Options of {@link connect}. */
export interface ConnectOptions {
  /** Deadline of plain methods in milliseconds. @default 60,000 */
  readonly deadlineMs?: number;
  /** Bytes of the largest request or response. @default 4 MiB */
  readonly maxMessageBytes?: number;
  /** Encrypts the connection. @default a plain connection */
  readonly tls?: ClientTls | undefined;
  /** Gives the token to show, before each call; it goes over plain connections to this machine alone. @default none */
  readonly token?: (() => string | Promise<string>) | undefined;
  /** File of the token to show, in place of `token`. @default none */
  readonly tokenFile?: string | undefined;
  /** The tenant to call for, where the token has the scope admin. @default the token's own */
  readonly tenant?: string | undefined;
  /** Whether calls that may be repeated are, where a server is UNAVAILABLE (see {@link serviceConfig}). @default false */
  readonly retries?: boolean;
  /** A server that says nothing for so long while a call is open is asked for a sign of life; without one for as long again, its calls fail with UNAVAILABLE. @default 10,000 */
  readonly silentMs?: number;
  /** What looks at every call. @default none */
  readonly interceptors?: readonly Interceptor[];
}

/** A method as its caller sees it. The call of a stream begins with its first read and ends when its reader stops. */
export type RemoteMethod<M extends MethodShape> = M['requestStream'] extends true
  ? never
  : M['responseStream'] extends true
    ? (request: RequestOf<M>, options?: CallOptions) => AsyncIterable<ResponseOf<M>>
    : (request: RequestOf<M>, options?: CallOptions) => Promise<ResponseOf<M>>;

/** A service of another process. Every method throws FathomError, or InputError where the server refused the input. */
export type Remote<S extends ServiceShape> = { readonly [K in keyof S]: RemoteMethod<S[K]> } & {
  /** Lets go of the connection. Calls that are open go on to their end. */
  close(): void;
};

/** A generated client class, such as `ActivationClient` of `@fathom/contracts`. */
export interface ClientConstructor<S extends ServiceShape> {
  new (address: string, credentials: ChannelCredentials, options?: Partial<ClientOptions>): Client;
  readonly service: S;
}

/**
 * A client for the service at "host:port", "unix:/path", or several addresses of its replicas (see {@link parseTarget}), which it calls in
 * turn. Connects with the first call.
 */
export function connect<S extends ServiceShape>(constructor: ClientConstructor<S>, address: string, options: ConnectOptions = {}): Remote<S> {
  const {
    deadlineMs = 60_000,
    maxMessageBytes = 4 * 1024 * 1024,
    tls,
    tokenFile,
    tenant,
    retries = false,
    silentMs = 10_000,
    interceptors = [],
  } = options;
  const token = tokenFile === undefined ? options.token : fromFile(tokenFile);
  const target = parseTarget(address);
  if (token && !tls && !target.local)
    throw new InputError({
      field: 'clientTls',
      problem: 'is missing: a token would be readable on its way',
      value: address,
      accepted: 'clientTls with caFile',
    });
  const channel = clientCredentials(tls, target);
  const client = new constructor(target.uri, channel.credentials, {
    ...channel.options,
    interceptors: [...interceptors],
    'grpc.max_receive_message_length': maxMessageBytes,
    // The policy for several tries to reach those that are away by itself, and refuses calls until it tries again.
    ...(target.several && { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 1_000 }),
    // A server that died without a word is noticed by those who watch.
    'grpc.keepalive_time_ms': silentMs,
    'grpc.keepalive_timeout_ms': silentMs,
    'grpc.service_config': JSON.stringify(serviceConfig({ several: target.several, retries })),
    'grpc.service_config_disable_resolution': 1,
    // A proxy from the environment cannot reach this machine's own sockets.
    ...(target.local && { 'grpc.enable_http_proxy': 0 }),
  });
  const link: Link = { client, address: target.uri, deadlineMs, maxMessageBytes, tls, token, tenant };
  const methods = Object.entries(constructor.service).map(([name, method]) => [
    name,
    (request: unknown, callOptions: CallOptions = {}) =>
      method.responseStream ? readStream(link, method, request, callOptions) : callOnce(link, method, request, callOptions),
  ]);
  return { ...Object.fromEntries(methods), close: () => client.close() } as Remote<S>;
}

interface Link {
  readonly client: Client;
  readonly address: string;
  readonly deadlineMs: number;
  readonly maxMessageBytes: number;
  readonly tls: ClientTls | undefined;
  readonly token: (() => string | Promise<string>) | undefined;
  readonly tenant: string | undefined;
}

async function callOnce(link: Link, method: MethodShape, request: unknown, options: CallOptions): Promise<unknown> {
  const { bytes, metadata, grpc, target } = await prepared(link, method, request, {
    ...options,
    deadlineMs: options.deadlineMs ?? link.deadlineMs,
  });
  let cancel: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response?: unknown) => (error ? reject(receivedError(error, target)) : resolve(response));
      const call = link.client.makeUnaryRequest(method.path, asIs, method.responseDeserialize, bytes, metadata, grpc, done);
      cancel = () => call.cancel();
      options.signal?.addEventListener('abort', cancel, { once: true });
    });
  } finally {
    if (cancel) options.signal?.removeEventListener('abort', cancel);
  }
}

async function* readStream(link: Link, method: MethodShape, request: unknown, options: CallOptions): AsyncGenerator<unknown> {
  const { bytes, metadata, grpc, target } = await prepared(link, method, request, options);
  const call = link.client.makeServerStreamRequest(method.path, asIs, method.responseDeserialize, bytes, metadata, grpc);
  const cancel = () => call.cancel();
  // The error of a call that its reader has left already would otherwise end the process.
  call.on('error', () => undefined);
  options.signal?.addEventListener('abort', cancel, { once: true });
  try {
    yield* call as AsyncIterable<unknown>;
  } catch (error) {
    throw receivedError(error as ServiceError, target);
  } finally {
    options.signal?.removeEventListener('abort', cancel);
    cancel();
  }
}

async function prepared(link: Link, method: MethodShape, request: unknown, { deadlineMs = Infinity, signal, requestId }: CallOptions) {
  const token = await link.token?.();
  if (signal?.aborted) throw new FathomError('CANCELLED', 'the call was cancelled before it began');
  const bytes = encoded(method, request);
  checkSize(bytes, 'request', link.maxMessageBytes);
  const metadata = new Metadata();
  if (requestId !== undefined) metadata.set(REQUEST_ID, requestId);
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  if (link.tenant !== undefined) metadata.set(TENANT, link.tenant);
  const grpc: GrpcCallOptions = deadlineMs === Infinity ? {} : { deadline: Date.now() + deadlineMs };
  const target: CallTarget = { address: link.address, path: method.path, tls: link.tls };
  return { bytes, metadata, grpc, target };
}

function fromFile(path: string): () => string {
  const file = new TokenFile(path);
  return () => file.token;
}

function encoded(method: MethodShape, request: unknown): Buffer {
  try {
    return method.requestSerialize(request as never);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new InputError({
      field: 'request',
      problem,
      accepted: `a request as the contract of ${method.path} defines it`,
      cause,
    });
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
