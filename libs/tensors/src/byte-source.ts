import { open } from 'node:fs/promises';
import { InputError } from '@fathom/errors';

/** Bytes that are read by ranges: a file larger than memory, or an array. */
export interface ByteSource {
  /** What to call it in errors: a path, a key. */
  readonly name: string;
  /** Number of bytes. */
  readonly size: number;
  /** Bytes offset..offset+length−1. The caller may not write to them. @throws InputError when they are not all there. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Frees what the source holds; it cannot be read any more. */
  close(): Promise<void>;
}

/** Opens something over a source, which is closed when that fails. */
export async function openOver<T>(source: ByteSource, open: (source: ByteSource) => Promise<T>): Promise<T> {
  return open(source).catch(async (thrown: unknown) => {
    await source.close();
    throw thrown;
  });
}

/** One read call of the operating system takes at most 2^31 − 1 bytes. */
const MOST_BYTES_A_CALL = 2 ** 30;

/** A file, read by ranges; of any size. @throws InputError when it is not there, no file, or may not be read. */
export async function fileBytes(path: string): Promise<ByteSource> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new InputError({
      field: path,
      problem: cause.code === 'ENOENT' ? 'no such file' : `cannot be opened (${cause.code})`,
      accepted: 'a file that can be read',
      cause,
    });
  });
  const about = await file.stat();
  if (!about.isFile()) {
    await file.close();
    throw new InputError({ field: path, problem: 'not a file', accepted: 'a file that can be read' });
  }
  return {
    name: path,
    size: about.size,
    close: () => file.close(),
    read: async (offset, length) => {
      checkByteRange(path, offset, length, about.size);
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await file.read(bytes, done, Math.min(length - done, MOST_BYTES_A_CALL), offset + done);
        if (bytesRead === 0)
          throw new InputError({
            field: path,
            problem: 'became shorter while it was read',
            value: offset + done,
            accepted: `a file of ${about.size} bytes that does not change`,
          });
        done += bytesRead;
      }
      return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
    },
  };
}

/** Bytes in memory; what is read is a view of them. */
export function memoryBytes(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    close: () => Promise.resolve(),
    read: async (offset, length) => {
      checkByteRange(name, offset, length, bytes.length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

function checkByteRange(name: string, offset: number, length: number, size: number): void {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new InputError({
    field: name,
    problem: 'no such bytes',
    value: `${length} from ${offset}`,
    accepted: `a range inside its ${size} bytes`,
  });
}
