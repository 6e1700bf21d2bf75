import { type Any, BadRequest, ErrorInfo, RetryInfo, Status } from '@fathom/contracts';
import { Metadata } from '@grpc/grpc-js';

/** Trailer that carries a google.rpc.Status beside gRPC's own code and message. */
export const DETAILS_TRAILER = 'grpc-status-details-bin';

/** Domain of every reason of Fathom's. */
export const DOMAIN = 'fathom';

/** What a google.rpc.Status tells beside its code and message. */
export interface ErrorDetails {
  readonly info?: ErrorInfo;
  readonly badRequest?: BadRequest;
  readonly retry?: RetryInfo;
}

const TYPES = {
  info: 'google.rpc.ErrorInfo',
  badRequest: 'google.rpc.BadRequest',
  retry: 'google.rpc.RetryInfo',
} as const;

/** The google.rpc.Status of a failure. */
export function packStatus(code: number, message: string, details: ErrorDetails): Status {
  const packed: Any[] = [];
  if (details.info) packed.push(pack(TYPES.info, ErrorInfo.encode(details.info).finish()));
  if (details.badRequest) packed.push(pack(TYPES.badRequest, BadRequest.encode(details.badRequest).finish()));
  if (details.retry) packed.push(pack(TYPES.retry, RetryInfo.encode(details.retry).finish()));
  return { code, message, details: packed };
}

/** The details of a google.rpc.Status that Fathom knows; of each kind the first. */
export function unpackStatus(status: Status): ErrorDetails {
  const find = (type: string) => status.details.find((detail) => detail.typeUrl.endsWith(`/${type}`))?.value;
  const [info, badRequest, retry] = [find(TYPES.info), find(TYPES.badRequest), find(TYPES.retry)];
  return {
    ...(info && { info: ErrorInfo.decode(info) }),
    ...(badRequest && { badRequest: BadRequest.decode(badRequest) }),
    ...(retry && { retry: RetryInfo.decode(retry) }),
  };
}

/** The trailers that carry a status. */
export function asTrailers(status: Status): Metadata {
  const trailers = new Metadata();
  trailers.set(DETAILS_TRAILER, Buffer.from(Status.encode(status).finish()));
  return trailers;
}

/** The status in a call's trailers; undefined where there is none or its bytes make no sense. */
export function fromTrailers(trailers: Metadata | undefined): Status | undefined {
  const bytes = trailers?.get(DETAILS_TRAILER)[0];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return Status.decode(bytes);
  } catch {
    return undefined;
  }
}

function pack(type: string, value: Uint8Array): Any {
  return { typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value) };
}
