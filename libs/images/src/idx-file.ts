import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { InputError } from '@fathom/errors';
import { fileBytes, memoryBytes, type ByteSource } from '@fathom/tensors';

/** An IDX file of bytes whose header has been checked: the format of MNIST and its relatives. */
export interface IdxFile {
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly dataStart: number;
  readonly bytes: ByteSource;
}

const UNSIGNED_BYTES = 0x08;
const unpackAsync = promisify(gunzip);

/**
 * Opens an IDX file of unsigned bytes, plain (read by ranges) or compressed with gzip (unpacked in memory).
 *
 * @param ranks numbers of dimensions that are accepted
 * @param mostUnpacked bytes that a compressed file may have unpacked
 * @throws InputError naming the file: not IDX, truncated, too long, values that are no bytes, another number of dimensions
 */
export async function openIdxFile(path: string, ranks: readonly number[], mostUnpacked: number): Promise<IdxFile> {
  return openIdxBytes(await fileBytes(path), ranks, mostUnpacked);
}

/** The same for the bytes of a file, which are closed with it, or where it is refused. */
export async function openIdxBytes(file: ByteSource, ranks: readonly number[], mostUnpacked: number): Promise<IdxFile> {
  const bytes = await unpacked(file, mostUnpacked);
  try {
    return await readHeader(bytes, ranks);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function readHeader(bytes: ByteSource, ranks: readonly number[]): Promise<IdxFile> {
  const fail = (problem: string, value: unknown, accepted: string) => new InputError({ field: bytes.name, problem, value, accepted });
  const magic = await bytes.read(0, Math.min(4, bytes.size));
  const [zero, alsoZero, type, rank = 0] = magic;
  if (magic.length < 4 || zero !== 0 || alsoZero !== 0) {
    throw fail(
      'not an IDX file',
      `first bytes ${Buffer.from(magic).toString('hex')}`,
      'an IDX file, plain or with gzip: two zero bytes, a type, a number of dimensions',
    );
  }
  if (type !== UNSIGNED_BYTES) throw fail('its values are no unsigned bytes', `type 0x${type!.toString(16).padStart(2, '0')}`, 'type 0x08');
  if (!ranks.includes(rank)) throw fail('wrong number of dimensions', rank, ranks.join(' or '));
  const dataStart = 4 + 4 * rank;
  if (bytes.size < dataStart) throw fail('ends inside its header', `${bytes.size} bytes`, `at least ${dataStart} bytes`);
  const header = Buffer.from(await bytes.read(4, 4 * rank));
  const shape = Array.from({ length: rank }, (_, i) => header.readUInt32BE(4 * i));
  const expected = dataStart + shape.reduce((product, size) => product * size, 1);
  if (bytes.size !== expected) {
    throw fail(`its length does not fit its dimensions ${shape.join(' × ')}`, `${bytes.size} bytes`, `${expected} bytes`);
  }
  return { shape, dataStart, bytes };
}

async function unpacked(file: ByteSource, most: number): Promise<ByteSource> {
  const start = await file.read(0, Math.min(2, file.size));
  if (start[0] !== 0x1f || start[1] !== 0x8b) return file;
  try {
    return memoryBytes(file.name, await unpackAsync(await file.read(0, file.size), { maxOutputLength: most }));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const problem = `cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new InputError({ field: file.name, problem, accepted: `a complete gzip file of at most ${most} bytes unpacked`, cause });
  } finally {
    await file.close();
  }
}
