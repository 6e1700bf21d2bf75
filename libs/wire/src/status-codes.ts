import type { Reason } from '@fathom/errors';
import { status } from '@grpc/grpc-js';

/** The gRPC status code of each reason. */
export const CODE_OF_REASON: Readonly<Record<Reason, status>> = {
  INVALID_INPUT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  CORRUPT_DATA: status.DATA_LOSS,
  STORE_FULL: status.RESOURCE_EXHAUSTED,
  STORE_READ_ONLY: status.FAILED_PRECONDITION,
  STORE_UNAVAILABLE: status.UNAVAILABLE,
  STORE_WITHOUT_URLS: status.FAILED_PRECONDITION,
  UNSUPPORTED_MODEL: status.INVALID_ARGUMENT,
  ENGINE_UNAVAILABLE: status.FAILED_PRECONDITION,
  ADDRESS_IN_USE: status.FAILED_PRECONDITION,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  CANCELLED: status.CANCELLED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  UNAVAILABLE: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
};

/** Reasons after which the same request may succeed a little later. */
export const RETRYABLE: ReadonlySet<Reason> = new Set<Reason>(['RESOURCE_EXHAUSTED', 'UNAVAILABLE', 'STORE_UNAVAILABLE']);

const REASON_OF_CODE: Partial<Record<status, Reason>> = {
  [status.INVALID_ARGUMENT]: 'INVALID_INPUT',
  [status.OUT_OF_RANGE]: 'INVALID_INPUT',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.UNIMPLEMENTED]: 'NOT_FOUND',
  [status.DATA_LOSS]: 'CORRUPT_DATA',
  [status.RESOURCE_EXHAUSTED]: 'RESOURCE_EXHAUSTED',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
  [status.PERMISSION_DENIED]: 'PERMISSION_DENIED',
  [status.CANCELLED]: 'CANCELLED',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.UNAVAILABLE]: 'UNAVAILABLE',
};

/** The reason of a status that came without one: from gRPC itself, or from a peer that is not Fathom. */
export function reasonOfCode(code: status): Reason {
  return REASON_OF_CODE[code] ?? 'INTERNAL';
}
