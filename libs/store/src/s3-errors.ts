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
const OTHERS_FOR_GOOD = ['PreconditionFailed', 'NotImplemented', 'InvalidRange', 'InvalidArgument', 'EntityTooLarge', 'NoSuchUpload'];
const FOR_GOOD = [...ABSENT, ...FULL, ...REFUSED, ...CONFIGURED_WRONG, ...OTHERS_FOR_GOOD];

/** An object arrived whole, with other bytes than were stored. */
export class DamagedBody extends Error {}

/** What the service said in an answer that the client drops. */
export function refusal(status: number, body: string): Error {
  const code = tagged(body, 'Code') ?? `HTTP ${status}`;
  return Object.assign(new Error(tagged(body, 'Message') ?? `it answered with the status ${status}`), { code });
}

/** The error in an answer of the status 200, which some calls are given before their end is known; undefined where there is none. */
export function errorInside(body: string): Error | undefined {
  return body.includes('<Error>') ? refusal(200, body) : undefined;
}

/** Whether the service says that there is no such object. */
export function isAbsentInS3(thrown: unknown): boolean {
  return ABSENT.includes(codeOf(thrown));
}

/** Whether the service refused a put because the object is there. */
export function isPresentInS3(thrown: unknown): boolean {
  return codeOf(thrown) === 'PreconditionFailed';
}

/** Whether the service says that the upload has ended, one way or the other. */
export function isEndedUpload(thrown: unknown): boolean {
  return codeOf(thrown) === 'NoSuchUpload';
}

/** Whether the service does not know If-None-Match. */
export function knowsNoCondition(thrown: unknown): boolean {
  return codeOf(thrown) === 'NotImplemented';
}

/** Whether the range begins at the object's end or behind it. */
export function isBehindTheEnd(thrown: unknown): boolean {
  return codeOf(thrown) === 'InvalidRange';
}

/** Whether the same call may succeed when it is made again: no answer, or an answer that asks for it. */
export function isWorthAnotherAttempt(thrown: unknown): boolean {
  return !(thrown instanceof FathomError) && !FOR_GOOD.includes(codeOf(thrown));
}

/** What a failed call means. `doing` reads "storing <key>". */
export function s3Error(thrown: unknown, store: string, doing: string, writing: boolean): FathomError {
  if (thrown instanceof FathomError) return thrown;
  const code = codeOf(thrown);
  const details = { metadata: { store, ...(code === '' ? {} : { code }) }, cause: thrown };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof DamagedBody) return new FathomError('CORRUPT_DATA', `the store ${store} holds damaged data, ${doing}: ${message}`, details);
  if (FULL.includes(code)) return new FathomError('STORE_FULL', `the store ${store} has no room left, ${doing}: ${message}`, details);
  if (writing && REFUSED.includes(code))
    return new FathomError('STORE_READ_ONLY', `the store ${store} cannot be written to, ${doing}: ${message}`, details);
  return new FathomError('STORE_UNAVAILABLE', `the store ${store} failed, ${doing}: ${said(thrown)}`, details);
}

/** What was thrown, in words: its code, and its message. */
export function said(thrown: unknown): string {
  const code = codeOf(thrown);
  return `${code === '' ? '' : `${code}: `}${thrown instanceof Error ? thrown.message : String(thrown)}`;
}

function tagged(xml: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1];
}
