import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { cancelled, deadline } from '@fathom/errors';
import type { Client } from 'minio';
import { inParts, type Slots } from './parallel.js';
import type { S3Calls } from './s3-calls.js';
import { errorInside } from './s3-errors.js';

/** An object in a bucket. */
export interface S3Place {
  readonly bucket: string;
  readonly object: string;
}

/** What is to be stored, and how. */
export interface S3Upload extends S3Place {
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  /** For messages, "storing <key>". */
  readonly doing: string;
  readonly body: Buffer;
  /** Stored with the object. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent where the object comes into being. */
  readonly condition: Readonly<Record<string, string>>;
}

const MOST_PARTS = 10_000;
const ABANDONING_MS = 5000;
const MOST_ABANDONINGS = 3;

/** Stores an object in one request. */
export async function uploadWhole(calls: S3Calls, upload: S3Upload, signal: AbortSignal | undefined): Promise<void> {
  const { headers, condition } = upload;
  const digest = sha256Of(upload.body);
  await calls.call(upload.doing, signal, (client) => send(client, upload, { ...headers, ...condition }, '', upload.body, digest));
}

/** Stores an object in parts, several at once. It is there when the last request ends; where that fails, the parts are removed. */
export async function uploadInParts(
  calls: S3Calls,
  slots: Slots,
  upload: S3Upload,
  partBytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { doing, body } = upload;
  const size = Math.max(partBytes, Math.ceil(body.length / MOST_PARTS));
  const count = Math.ceil(body.length / size);
  const uploadId = await initiate(calls, upload, signal);
  try {
    const parts = await inParts(count, slots, signal, (index, stop) => {
      const part = body.subarray(index * size, (index + 1) * size);
      const digest = sha256Of(part);
      return calls.call(`${doing}, part ${index + 1} of ${count}`, stop, async (client) => {
        const query = `partNumber=${index + 1}&uploadId=${encodeURIComponent(uploadId)}`;
        const { etag = '' } = (await send(client, upload, {}, query, part, digest)).headers;
        return { etag, digest };
      });
    });
    await complete(calls, upload, uploadId, parts, signal);
  } catch (thrown) {
    await abandon(calls, upload, uploadId);
    throw thrown;
  }
}

/** Not stopped in the middle, as nobody could remove an upload whose name was lost; but a caller that wants no more waits no longer than it must. */
async function initiate(calls: S3Calls, { bucket, object, doing, headers }: S3Upload, signal: AbortSignal | undefined): Promise<string> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const follow = (): void => {
    timer = setTimeout(() => late.abort(), ABANDONING_MS);
  };
  if (signal?.aborted) throw cancelled(doing);
  signal?.addEventListener('abort', follow, { once: true });
  try {
    const checked = { ...headers, 'x-amz-checksum-algorithm': 'SHA256' };
    return await calls.call(doing, late.signal, (client) => client.initiateNewMultipartUpload(bucket, object, checked));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', follow);
  }
}

/** A PUT of bytes. Their SHA-256 goes with it twice: signed, where they are not encrypted, and as a checksum, as not every service looks at the first. */
async function send(
  client: Client,
  { bucket, object, secure }: S3Upload,
  headers: Readonly<Record<string, string>>,
  query: string,
  body: Buffer,
  digest: Buffer,
): Promise<IncomingMessage> {
  const checked = { ...headers, 'content-length': String(body.length), 'x-amz-checksum-sha256': digest.toString('base64') };
  const request = { method: 'PUT', bucketName: bucket, objectName: object, query, headers: checked };
  const signed = secure ? '' : digest.toString('hex');
  const response = await client.makeRequestStreamAsync(request, body, signed, [200], '');
  response.resume();
  return response;
}

function sha256Of(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest();
}

async function complete(
  calls: S3Calls,
  { bucket, object, doing, condition }: S3Upload,
  uploadId: string,
  parts: readonly { readonly etag: string; readonly digest: Buffer }[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const listed = parts.map(
    ({ etag, digest }, index) =>
      `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag.replaceAll('"', '')}</ETag>` +
      `<ChecksumSHA256>${digest.toString('base64')}</ChecksumSHA256></Part>`,
  );
  const document = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join('')}</CompleteMultipartUpload>`;
  await calls.call(doing, signal, async (client) => {
    const query = `uploadId=${encodeURIComponent(uploadId)}`;
    const request = { method: 'POST', bucketName: bucket, objectName: object, query, headers: { ...condition } };
    const failed = errorInside(await text(await client.makeRequestAsync(request, document)));
    if (failed !== undefined) throw failed;
  });
}

/**
 * Best effort, also for a caller that wants no more: a service removes uploads that nobody ends, after days. A part that was still on its
 * way may have come after it was told, so that it is told again until it knows of no such upload.
 */
async function abandon(calls: S3Calls, { bucket, object, doing }: S3Upload, uploadId: string): Promise<void> {
  const { signal, end } = deadline(ABANDONING_MS);
  try {
    for (let i = 0; i < MOST_ABANDONINGS; i++)
      await calls.call(`${doing}, giving up`, signal, (client) => client.abortMultipartUpload(bucket, object, uploadId));
  } catch {
    // There is none any more, or nothing more can be done.
  } finally {
    end();
  }
}
