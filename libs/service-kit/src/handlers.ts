import { FathomError } from '@fathom/errors';
import { asTrailers, checkSize, type MethodShape } from '@fathom/wire';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { openContext, refuseLate, type CallContext } from './call-context.js';
import { decodeRequest } from './decode-request.js';
import { statusOf } from './error-status.js';
import type { Logger } from './logger.js';
import type { RequestLimits } from './request-limits.js';
import type { BoundService, UntypedHandler } from './service-types.js';

/** What wrapped handlers need to know about their server. */
export interface HandlerOptions extends RequestLimits {
  readonly logger: Logger;
  readonly maxMessageBytes: number;
}

type UnaryCall = ServerUnaryCall<Buffer, Buffer>;
type StreamCall = ServerWritableStream<Buffer, Buffer>;

/**
 * A service as gRPC takes it. gRPC passes bytes on as they are; messages are read and written here, so that whatever
 * fails on the way becomes a status with details.
 */
export function grpcService(service: BoundService, options: HandlerOptions): [ServiceDefinition, UntypedServiceImplementation] {
  const definition: Record<string, unknown> = {};
  const handlers: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(service.definition)) {
    const handler = service.implementation[name];
    if (!handler) throw new FathomError('INTERNAL', `${service.name} has no handler for ${name}`);
    const bound = handler.bind(service.implementation);
    definition[name] = { ...method, requestDeserialize: asIs, responseSerialize: asIs };
    handlers[name] = method.responseStream ? streaming(method, bound, options) : unary(method, bound, options);
  }
  return [definition as unknown as ServiceDefinition, handlers as unknown as UntypedServiceImplementation];
}

function unary(method: MethodShape, handler: UntypedHandler, options: HandlerOptions) {
  return (call: UnaryCall, respond: sendUnaryData<Buffer>): void => {
    const { context, release } = openContext(call);
    const work = async () => {
      refuseLate(context);
      return encoded(method, await handler(decodeRequest(method, call.request, options), context), options);
    };
    work()
      .then(
        (bytes) => respond(null, bytes),
        (thrown: unknown) => respond(failure(method, thrown, context, options)),
      )
      .finally(release);
  };
}

function streaming(method: MethodShape, handler: UntypedHandler, options: HandlerOptions) {
  return (call: StreamCall): void => {
    const { context, release } = openContext(call);
    const work = async () => {
      refuseLate(context);
      for await (const message of handler(decodeRequest(method, call.request, options), context) as AsyncIterable<unknown>) {
        await written(call, encoded(method, message, options), context.signal);
      }
    };
    work()
      .then(
        () => call.end(),
        (thrown: unknown) => call.emit('error', failure(method, thrown, context, options)),
      )
      .finally(release);
  };
}

/** Settles when the message has left for the connection, so a slow reader holds its producer back. Throws once the call has ended. */
async function written(call: StreamCall, bytes: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => reject(signal.reason as FathomError);
      signal.addEventListener('abort', stop, { once: true });
      call.write(bytes, (error?: Error | null) => (error ? reject(error) : resolve()));
    });
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}

function encoded(method: MethodShape, message: unknown, { maxMessageBytes }: HandlerOptions): Buffer {
  const bytes = method.responseSerialize(message as never);
  checkSize(bytes, 'response', maxMessageBytes);
  return bytes;
}

/** What gRPC sends for anything thrown. Defects of ours leave their stack in the log, under the id that the client is told. */
function failure(method: MethodShape, thrown: unknown, context: CallContext, { logger }: HandlerOptions) {
  const error = FathomError.from(context.signal.aborted && isAbort(thrown) ? context.signal.reason : thrown);
  if (error.reason === 'INTERNAL') {
    logger.error({ method: method.path, requestId: context.requestId, error: error.cause ?? error }, 'a handler failed');
  }
  const status = statusOf(error, context.requestId);
  return Object.assign(new Error(status.message), {
    code: status.code,
    details: status.message,
    metadata: asTrailers(status),
  });
}

/** Node's own functions throw AbortError where the signal that they were given stops them. */
function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
