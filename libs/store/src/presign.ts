import { createHash, createHmac } from 'node:crypto';
import { InputError } from '@fathom/errors';
import type { PresignedRequest, PresignOptions } from './object-store.js';
import type { S3Settings } from './s3-options.js';

const MOST_SECONDS = 7 * 24 * 60 * 60;

/**
 * A request signed in its URL (AWS signature version 4).
 * @param object the object's name in the bucket, of characters that a URL takes as they are
 * @param now from when on it is good
 */
export function presignedRequest(settings: S3Settings, object: string, options: PresignOptions, now: Date): PresignedRequest {
  const { method, expirySeconds, size, sha256 } = checked(options);
  const { publicEndpoint, bucket, pathStyle, accessKey, secretKey, sessionToken, region } = settings;
  const host = pathStyle ? publicEndpoint.host : `${bucket}.${publicEndpoint.host}`;
  const path = pathStyle ? `/${bucket}/${object}` : `/${object}`;
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  const headers = {
    ...(size === undefined ? {} : { 'content-length': String(size) }),
    ...(sha256 === undefined ? {} : { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
  };
  const signed = Object.entries({ ...headers, host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  // In the order of their names.
  const query = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${accessKey}/${scope}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(expirySeconds)],
    ...(sessionToken === undefined ? [] : [['X-Amz-Security-Token', sessionToken]]),
    ['X-Amz-SignedHeaders', names],
  ]
    .map((pair) => pair.map(escaped).join('='))
    .join('&');
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('');
  const canonical = [method, path, query, lines, names, 'UNSIGNED-PAYLOAD'].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secretKey}`);
  const url = `${publicEndpoint.protocol}//${host}${path}?${query}&X-Amz-Signature=${hmac(key, toSign).toString('hex')}`;
  return { method, url, headers };
}

function checked(options: PresignOptions): PresignOptions {
  const { method, expirySeconds, size, sha256 } = options;
  const refuse = (field: keyof PresignOptions, problem: string, value: unknown, accepted: string): InputError =>
    new InputError({ field, problem, value, accepted });
  if (method !== 'GET' && method !== 'PUT') throw refuse('method', 'cannot be signed', method, 'GET or PUT');
  if (!Number.isSafeInteger(expirySeconds) || expirySeconds < 1 || expirySeconds > MOST_SECONDS)
    throw refuse('expirySeconds', 'cannot be kept', expirySeconds, `an integer from 1 to ${MOST_SECONDS}`);
  if (size !== undefined && (method !== 'PUT' || !Number.isSafeInteger(size) || size < 0))
    throw refuse('size', 'cannot be asked for', size, 'a number of bytes, of a PUT');
  if (sha256 !== undefined && (method !== 'PUT' || !/^[0-9a-f]{64}$/.test(sha256)))
    throw refuse('sha256', 'cannot be asked for', sha256, '64 lower-case hex digits, of a PUT');
  return options;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** As a query takes it; the signature is over this form. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
