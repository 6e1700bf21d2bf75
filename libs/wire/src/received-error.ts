import type { Status } from '@fathom/contracts';
import { FathomError, InputError, REASONS, type Reason } from '@fathom/errors';
import { status, type ServiceError } from '@grpc/grpc-js';
import { DOMAIN, fromTrailers, unpackStatus } from './error-details.js';
import { tooLarge } from './message-size.js';
import { reasonOfCode } from './status-codes.js';
import type { ClientTls } from './client-tls.js';
import { tlsTrouble } from './tls-trouble.js';

/** The call that failed. */
export interface CallTarget {
  /** Where the server is. */
  readonly address: string;
  /** Path of the method. */
  readonly path: string;
  /** TLS of the client, if it has any. */
  readonly tls?: ClientTls | undefined;
}

/** The error that a failed call throws: the server's own FathomError or InputError, or one that says what gRPC met. */
export function receivedError(error: ServiceError, target: CallTarget): FathomError {
  const status = fromTrailers(error.metadata);
  const thrown = status && errorOf(status, error);
  return thrown ?? tooLarge(error.details, 'response') ?? fromGrpc(error, target);
}

/** The FathomError or InputError that a google.rpc.Status was made of, by {@link statusOf}; undefined where it is not Fathom's. */
export function errorOf(status: Status, cause?: unknown): FathomError | undefined {
  const { info, badRequest } = unpackStatus(status);
  if (info?.domain !== DOMAIN || !isReason(info.reason)) return undefined;
  if (info.reason === 'INVALID_INPUT' && badRequest) return inputError(status.message, info.metadata, cause);
  return new FathomError(info.reason, status.message, { metadata: info.metadata, cause });
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(REASONS, text);
}

/** Takes the message apart again, so that the error made here reads as the one that was thrown there. */
function inputError(message: string, metadata: Record<string, string>, cause: unknown): InputError {
  const { field = '', value = '', accepted = '' } = metadata;
  const start = message.startsWith(`${field}: `) ? field.length + 2 : 0;
  const end = message.lastIndexOf(value === '' ? '; accepted: ' : ` (got ${value}); accepted: `);
  return new InputError({
    field,
    problem: message.slice(start, end < start ? undefined : end),
    value,
    accepted,
    cause,
  });
}

function fromGrpc(error: ServiceError, { address, path, tls }: CallTarget): FathomError {
  const details = { metadata: { address, method: path }, cause: error };
  if (error.code === status.UNAVAILABLE) {
    const { reason, problem } = tlsTrouble(error.details, tls) ?? { reason: 'UNAVAILABLE', problem: `cannot be reached: ${error.details}` };
    return new FathomError(reason, `the server at ${address} ${problem}`, details);
  }
  if (error.code === status.UNIMPLEMENTED) {
    return new FathomError('NOT_FOUND', `the server at ${address} does not offer ${path}`, details);
  }
  return new FathomError(reasonOfCode(error.code), `${path} at ${address}: ${error.details}`, details);
}
