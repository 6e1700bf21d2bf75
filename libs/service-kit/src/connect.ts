import { FathomError, InputError } from '@fathom/errors';
import {
  Metadata,
  type CallOptions as GrpcCallOptions,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import { formatAddress, isLocal, parseAddress } from './address.js';
import { REQUEST_ID } from './call-context.js';
import { tracedCalls } from './call-span.js';
import { TENANT } from './caller.js';
import { checkSize } from './message-size.js';
import { receivedError, type CallTarget } from './received-error.js';
import type { MethodShape, RequestOf, ResponseOf, ServiceShape } from './service-types.js';
import { clientCredentials, type ClientTls } from './tls.js';
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
  /** File of the token to show; goes over plain connections to this machine alone. @default none */
  readonly tokenFile?: string | undefined;
  /** The tenant to call for, where the token has the scope admin. @default the token's own */
  readonly tenant?: string | undefined;
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

/** A client for the service at "host:port" or "unix:/path". Connects with the first call; never retries by itself. */
export function connect<S extends ServiceShape>(constructor: ClientConstructor<S>, address: string, options: ConnectOptions = {}): Remote<S> {
  const { deadlineMs = 60_000, maxMessageBytes = 4 * 1024 * 1024, tls, tokenFile, tenant } = options;
  const target = parseAddress(address);
  if (tokenFile !== undefined && !tls && !isLocal(target))
    throw new InputError({
      field: 'clientTls',
      problem: 'is missing: a token would be readable on its way',
      value: address,
      accepted: 'clientTls with caFile',
    });
  const channel = clientCredentials(tls, target);
  const client = new constructor(formatAddress(target), channel.credentials, {
    ...channel.options,
    interceptors: [tracedCalls],
    'grpc.max_receive_message_length': maxMessageBytes,
    // A proxy from the environment cannot reach this machine's own sockets.
    ...(isLocal(target) && { 'grpc.enable_http_proxy': 0 }),
  });
  const identity = { token: tokenFile === undefined ? undefined : new TokenFile(tokenFile), tenant };
  const link: Link = { client, address: formatAddress(target), deadlineMs, maxMessageBytes, tls, ...identity };
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
  readonly token: TokenFile | undefined;
  readonly tenant: string | undefined;
}

async function callOnce(link: Link, method: MethodShape, request: unknown, options: CallOptions): Promise<unknown> {
  const { bytes, metadata, grpc, target } = prepared(link, method, request, {
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
  const { bytes, metadata, grpc, target } = prepared(link, method, request, options);
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

function prepared(link: Link, method: MethodShape, request: unknown, { deadlineMs = Infinity, signal, requestId }: CallOptions) {
  if (signal?.aborted) throw new FathomError('CANCELLED', 'the call was cancelled before it began');
  const bytes = encoded(method, request);
  checkSize(bytes, 'request', link.maxMessageBytes);
  const metadata = new Metadata();
  if (requestId !== undefined) metadata.set(REQUEST_ID, requestId);
  if (link.token) metadata.set('authorization', `Bearer ${link.token.token}`);
  if (link.tenant !== undefined) metadata.set(TENANT, link.tenant);
  const grpc: GrpcCallOptions = deadlineMs === Infinity ? {} : { deadline: Date.now() + deadlineMs };
  const target: CallTarget = { address: link.address, path: method.path, tls: link.tls };
  return { bytes, metadata, grpc, target };
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
