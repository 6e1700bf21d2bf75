import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Client } from 'minio';
import { checkRange } from './keys.js';
import { inParts, type Slots } from './parallel.js';
import type { S3Calls } from './s3-calls.js';
import { DamagedBody } from './s3-errors.js';
import type { S3Place } from './s3-upload.js';

/** The SHA-256 of an object's bytes, where they were few enough to store it with them. */
export const DIGEST_HEADER = 'x-amz-meta-fathom-sha256';

/**
 * Reads an object or a range of it, a large one in parts at once. An object that was stored with its digest is checked against it when
 * it is read whole.
 * @param range `length` undefined for all from the offset on; neither is checked yet
 * @throws what the service says; InputError when the range is not inside the object; DamagedBody
 */
export async function download(
  calls: S3Calls,
  slots: Slots,
  place: S3Place,
  range: { readonly key: string; readonly offset: number; readonly length: number | undefined; readonly partBytes: number },
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { offset, partBytes } = range;
  const doing = `reading ${range.key}`;
  const first = Math.min(range.length ?? partBytes, partBytes);
  const { bytes, tag, done } = await calls.call(doing, signal, async (client) => {
    const response = await request(client, place, offset, first, undefined);
    try {
      return await begin(response, range, first);
    } finally {
      // Where its bytes are not wanted.
      response.destroy();
    }
  });
  await inParts(Math.ceil((bytes.length - done) / partBytes), slots, signal, (index, stop) => {
    const start = done + index * partBytes;
    const part = bytes.subarray(start, start + partBytes);
    return calls.call(`${doing} from ${offset + start}`, stop, async (client) =>
      fill(await request(client, place, offset + start, part.length, tag), part, 0),
    );
  });
  return bytes;
}

function request(client: Client, { bucket, object }: S3Place, offset: number, length: number, tag: string | undefined): Promise<IncomingMessage> {
  const headers = { range: `bytes=${offset}-${offset + length - 1}`, ...(tag === undefined ? {} : { 'if-match': tag }) };
  return client.makeRequestAsync({ method: 'GET', bucketName: bucket, objectName: object, headers }, '', [200, 206]);
}

/** Makes room for all that is wanted, and reads what this answer holds of it: `done` bytes from the start. */
async function begin(
  response: IncomingMessage,
  { key, offset, length }: { readonly key: string; readonly offset: number; readonly length: number | undefined },
  first: number,
): Promise<{ bytes: Uint8Array; tag: string | undefined; done: number }> {
  const { headers } = response;
  // A service that knows no ranges sends the whole object.
  const whole = response.statusCode === 200;
  const size = Number(whole ? headers['content-length'] : /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]);
  if (!Number.isSafeInteger(size)) throw new Error('it did not say how long the object is');
  const wanted = checkRange(key, size, offset, length);
  const buffer = Buffer.allocUnsafeSlow(wanted.length);
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  const done = whole ? bytes.length : Math.min(bytes.length, first);
  await fill(response, bytes.subarray(0, done), whole ? offset : 0);
  const digest = headers[DIGEST_HEADER];
  if (digest !== undefined && done === size && digest !== createHash('sha256').update(bytes).digest('hex'))
    throw new DamagedBody('its bytes are not those that were stored');
  return { bytes, tag: headers.etag, done };
}

/** Reads a body into a place, after so many bytes that are not wanted. @throws Error where it ends too early */
async function fill(body: IncomingMessage, place: Uint8Array, skipped: number): Promise<void> {
  let at = -skipped;
  for await (const piece of body as AsyncIterable<Buffer>) {
    const start = Math.max(0, -at);
    if (start < piece.length && at + start < place.length) place.set(piece.subarray(start, place.length - at), at + start);
    at += piece.length;
  }
  if (at < place.length) throw new Error(`${at + skipped} bytes came instead of ${place.length + skipped}`);
}
