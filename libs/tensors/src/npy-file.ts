import { InputError } from '@fathom/errors';
import { byteRows } from './byte-rows.js';
import { openOver, type ByteSource } from './byte-source.js';
import { bytesPerElement } from './dtype.js';
import { parseNpyHeader, type NpyHeader } from './npy-header.js';
import type { RowSource } from './row-source.js';
import { matrixShape } from './shape.js';
import { tensorOver, type Tensor } from './tensor.js';

/** An npy file whose header has been read and checked; its elements are read when asked for. */
export interface NpyFile {
  readonly info: NpyHeader;
  /** Its rows, read by ranges. */
  rows(): RowSource;
  /** All of it, in memory; named as the source. */
  tensor(): Promise<Tensor>;
  close(): Promise<void>;
}

const MAGIC = '\x93NUMPY';
/** Far above what an array needs (NumPy itself refuses more than 10,000 by default). */
const MOST_HEADER_BYTES = 1_048_576;

/**
 * Opens an npy file (versions 1 to 3; f2 f4 f8 i1 u1 i2 i4 i8 b1, little-endian, C order): reads and checks its header, and nothing else.
 * The source is the file's from now on, and closed if it is refused.
 * @throws InputError naming the file: not npy, another version, truncated or too long, a dtype or order that is not supported.
 */
export function openNpy(source: ByteSource): Promise<NpyFile> {
  return openOver(source, readHeader);
}

async function readHeader(source: ByteSource): Promise<NpyFile> {
  const { name, size } = source;
  const start = await source.read(0, Math.min(size, 12));
  if (Buffer.from(start.subarray(0, 6)).toString('latin1') !== MAGIC)
    throw new InputError({ field: name, problem: 'not an npy file', accepted: 'a file that numpy.save wrote' });
  const major = start[6];
  if (major !== undefined && (major < 1 || major > 3 || start[7] !== 0))
    throw new InputError({ field: name, problem: 'npy version not supported', value: `${major}.${start[7]}`, accepted: '1.0, 2.0, 3.0' });
  const prefix = major === 1 ? 10 : 12;
  if (size < prefix) throw truncated(source, prefix);
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MOST_HEADER_BYTES)
    throw new InputError({ field: name, problem: 'header too long', value: length, accepted: `at most ${MOST_HEADER_BYTES} bytes` });
  const dataStart = prefix + length;
  if (size < dataStart) throw truncated(source, dataStart);
  const info = parseNpyHeader(Buffer.from(await source.read(prefix, length)).toString(major === 3 ? 'utf8' : 'latin1'), name);
  const bytes = matrixShape(info.shape, name).elements * bytesPerElement(info.dtype);
  if (size < dataStart + bytes) throw truncated(source, dataStart + bytes);
  if (size > dataStart + bytes)
    throw new InputError({
      field: name,
      problem: 'bytes after the array',
      value: size - dataStart - bytes,
      accepted: `a file of ${dataStart + bytes} bytes`,
    });
  return {
    info,
    rows: () => byteRows(name, source, dataStart, info.dtype, info.shape),
    tensor: async () => tensorOver(name, info.dtype, info.shape, await source.read(dataStart, bytes)),
    close: () => source.close(),
  };
}

function truncated(source: ByteSource, needed: number): InputError {
  return new InputError({ field: source.name, problem: 'truncated', value: source.size, accepted: `a file of ${needed} bytes` });
}
