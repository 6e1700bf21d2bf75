import { FathomError, InputError } from '@fathom/errors';
import {
  credentials,
  Metadata,
  type CallOptions as GrpcCallOptions,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type ServiceError,
} from '@grpc/grpc-js';
import { formatAddress, isLocal, parseAddress } from './address.js';
import { REQUEST_ID } from './call-context.js';
import { checkSize } from './message-size.js';
import { receivedError, type CallTarget } from './received-error.js';
import type { MethodShape, RequestOf, ResponseOf, ServiceShape } from './service-types.js';

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
  const { deadlineMs = 60_000, maxMessageBytes = 4 * 1024 * 1024 } = options;
  const target = parseAddress(address);
  const client = new constructor(formatAddress(target), credentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageBytes,
    // A proxy from the environment cannot reach this machine's own sockets.
    ...(isLocal(target) && { 'grpc.enable_http_proxy': 0 }),
  });
  const link: Link = { client, address: formatAddress(target), deadlineMs, maxMessageBytes };
  const methods = Object.entries(constructor.service).map(([name, method]) => [
    name,
    (request: unknown, callOptions: CallOptions = {}) =>
      method.responseStream ? readStream(link, method, request, callOptions) : callOnce(link, method, request, callOptions),
  ]);
  return { ...Object.fromEntries(methods), close: () => client.close() } as Remote<S>;
}

interface Link extends Required<ConnectOptions> {
  readonly client: Client;
  readonly address: string;
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
  const grpc: GrpcCallOptions = deadlineMs === Infinity ? {} : { deadline: Date.now() + deadlineMs };
  const target: CallTarget = { address: link.address, path: method.path };
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
