import { FathomError } from '@fathom/errors';
import { codeOf } from './file-errors.js';

const ABSENT = ['NoSuchKey', 'NotFound'];
const FULL = ['XMinioStorageFull', 'InsufficientStorage', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded'];
const REFUSED = ['AccessDenied', 'MethodNotAllowed'];
const CONFIGURED_WRONG = [
  'NoSuchBucket',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'AuthorizationHeaderMalformed',
  'PermanentRedirect',
];

/** Whether the service says that there is no such object. */
export function isAbsentInS3(thrown: unknown): boolean {
  return ABSENT.includes(codeOf(thrown));
}

/** Whether the service refused a put because the object is there. */
export function isPresentInS3(thrown: unknown): boolean {
  return codeOf(thrown) === 'PreconditionFailed';
}

/** Whether the service does not know If-None-Match. */
export function knowsNoCondition(thrown: unknown): boolean {
  return codeOf(thrown) === 'NotImplemented';
}

/** Whether the same call may succeed when it is made again: no answer, or an answer that asks for it. */
export function isWorthAnotherAttempt(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return ![
    ...ABSENT,
    ...FULL,
    ...REFUSED,
    ...CONFIGURED_WRONG,
    'PreconditionFailed',
    'NotImplemented',
    'InvalidRange',
    'InvalidArgument',
    'EntityTooLarge',
  ].includes(code);
}

/** What a failed call means. `doing` reads "storing <key>". */
export function s3Error(thrown: unknown, store: string, doing: string, writing: boolean): FathomError {
  if (thrown instanceof FathomError) return thrown;
  const code = codeOf(thrown);
  const details = { metadata: { store, ...(code === '' ? {} : { code }) }, cause: thrown };
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  if (FULL.includes(code)) return new FathomError('STORE_FULL', `the store ${store} has no room left, ${doing}: ${said}`, details);
  if (writing && REFUSED.includes(code))
    return new FathomError('STORE_READ_ONLY', `the store ${store} cannot be written to, ${doing}: ${said}`, details);
  return new FathomError('STORE_UNAVAILABLE', `the store ${store} failed, ${doing}: ${code === '' ? '' : `${code}: `}${said}`, details);
}
