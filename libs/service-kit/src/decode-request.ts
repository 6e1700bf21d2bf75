import { InputError } from '@fathom/errors';
import { checkRequest, type RequestLimits } from './request-limits.js';
import type { MethodShape } from '@fathom/wire';

/** The request that the bytes of a call are. Throws an InputError where they are none, or one beyond the limits. */
export function decodeRequest(method: MethodShape, bytes: Buffer, limits: RequestLimits): unknown {
  let request: unknown;
  try {
    request = method.requestDeserialize(bytes);
  } catch (cause) {
    throw new InputError({
      field: 'request',
      problem: 'its bytes cannot be read',
      accepted: `a request as the contract of ${method.path} defines it`,
      cause,
    });
  }
  checkRequest(request, limits);
  return request;
}
