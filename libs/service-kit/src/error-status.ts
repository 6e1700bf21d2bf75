import type { Status } from '@fathom/contracts';
import { FathomError, InputError } from '@fathom/errors';
import type { ServerInterceptingCall } from '@grpc/grpc-js';
import { asTrailers, CODE_OF_REASON, DOMAIN, packStatus, RETRYABLE } from '@fathom/wire';

/** A status as gRPC sends it. */
export type SentStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

/** Trailers should stay below the 8 KiB that every gRPC implementation takes, so texts are cut to these lengths. */
const MOST = { message: 1000, value: 300, entries: 16 };

const RETRY_AFTER_SECONDS = 1;

/**
 * The google.rpc.Status of anything thrown: ErrorInfo always, BadRequest where input is wrong, RetryInfo where the same
 * request may succeed later. What is not a FathomError, or is an INTERNAL one, tells the client nothing but `requestId`,
 * under which the log has the rest.
 */
export function statusOf(thrown: unknown, requestId: string): Status {
  const error = hideInternal(FathomError.from(thrown), requestId);
  const message = shortened(error.message, MOST.message);
  return packStatus(CODE_OF_REASON[error.reason], message, {
    info: { reason: error.reason, domain: DOMAIN, metadata: shortenedValues(error.metadata) },
    ...(error instanceof InputError && {
      badRequest: {
        fieldViolations: [
          {
            field: error.field,
            description: afterField(message, error.field),
            reason: error.reason,
            localizedMessage: undefined,
          },
        ],
      },
    }),
    ...(RETRYABLE.has(error.reason) && { retry: { retryDelay: { seconds: retryAfter(error), nanos: 0 } } }),
  });
}

/** Where the error says more of it than that it passes, its "retryAfterSeconds". */
function retryAfter({ metadata }: FathomError): bigint {
  const seconds = Number(metadata['retryAfterSeconds'] ?? RETRY_AFTER_SECONDS);
  return BigInt(Math.max(RETRY_AFTER_SECONDS, Number.isFinite(seconds) ? Math.ceil(seconds) : 0));
}

/** The same as gRPC sends it. */
export function sentStatus(thrown: unknown, requestId: string): SentStatus {
  const packed = statusOf(thrown, requestId);
  return { code: packed.code, details: packed.message, metadata: asTrailers(packed) };
}

function hideInternal(error: FathomError, requestId: string): FathomError {
  if (error.reason !== 'INTERNAL') return error;
  return new FathomError('INTERNAL', `an unexpected error; the server's log has it under ${requestId}`, {
    metadata: { requestId },
  });
}

function afterField(message: string, field: string): string {
  return message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
}

function shortenedValues(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(metadata).slice(0, MOST.entries);
  return Object.fromEntries(entries.map(([key, value]) => [key, shortened(value, MOST.value)]));
}

/** By way of UTF-8, because gRPC cannot send half a surrogate pair. */
function shortened(text: string, most: number): string {
  return Buffer.from(text.length > most ? `${text.slice(0, most)}…` : text, 'utf8').toString('utf8');
}
