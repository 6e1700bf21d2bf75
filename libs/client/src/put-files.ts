import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { upload, UploadService } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import type { Remote } from '@fathom/wire';
import type { Patience } from './patience.js';

/** What to upload: bytes, or the path of a file, which is read piece by piece. */
export type Content = Uint8Array | string;

/**
 * Brings files into the store by the URLs that the service gives for them, and returns the name of the upload. What is there already, of an
 * attempt that was interrupted or of another upload of the same files, is not sent again.
 */
export async function putFiles(
  uploads: Pick<Remote<typeof UploadService>, 'createUpload'>,
  files: Readonly<Record<string, Content>>,
  patience: Patience,
  signal?: AbortSignal,
): Promise<string> {
  const announced = { files: await Promise.all(Object.entries(files).map(([name, content]) => describe(name, content))) };
  let fewest = Infinity;
  for (;;) {
    const { upload, targets } = await uploads.createUpload(announced, signal ? { signal } : {});
    if (targets.length === 0) return upload;
    if (targets.length < fewest) patience.renew();
    fewest = Math.min(fewest, targets.length);
    let trouble: unknown;
    for (const target of targets) await put(target, files[target.name]!, signal).catch((error: unknown) => (trouble = error));
    if (trouble !== undefined) await patience.spend(unavailable(trouble));
  }
}

function unavailable(cause: unknown): FathomError {
  return new FathomError('UNAVAILABLE', `a file cannot be put into the store: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

async function describe(name: string, content: Content): Promise<upload.UploadFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of source(content) as AsyncIterable<Uint8Array>) {
    hash.update(piece);
    size += piece.length;
  }
  return { name, sizeBytes: BigInt(size), sha256: hash.digest('hex') };
}

function source(content: Content): Readable {
  return typeof content === 'string' ? createReadStream(content) : Readable.from([content]);
}

async function put({ name, url, headers }: upload.UploadTarget, content: Content, signal?: AbortSignal): Promise<void> {
  const open = url.startsWith('https:') ? requestHttps : requestHttp;
  const request = open(url, { method: 'PUT', headers, ...(signal && { signal }) });
  const answered = new Promise<void>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(new Error(`the store answered ${statusCode} to ${name}`));
    });
  });
  await Promise.all([answered, pipeline(source(content), request)]);
}
