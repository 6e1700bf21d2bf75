import { InputError } from '@fathom/errors';
import { DTYPES, bytesPerElement, isDType, type DType } from './dtype.js';
import { matrixShape } from './shape.js';
import { duplicateName } from './unique-json.js';

/** The format's own limit. */
export const MOST_HEADER_BYTES = 100_000_000;

/** Where one tensor lies. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** A header that has been checked. */
export interface SafetensorsHeader {
  /** In the order of their bytes; tensors without bytes at the same place by name. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the length field, the first 8 bytes of a file.
 * @throws InputError when the header would be longer than the file, or than 100 MB.
 */
export function headerLength(first: Uint8Array, fileSize: number, file: string): number {
  const long = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (long > BigInt(MOST_HEADER_BYTES))
    throw new InputError({
      field: file,
      problem: 'header too long: not a safetensors file, or damaged',
      value: long,
      accepted: `at most ${MOST_HEADER_BYTES} bytes`,
    });
  if (Number(long) > fileSize - 8)
    throw new InputError({
      field: file,
      problem: `truncated: its header has ${long} bytes`,
      value: fileSize,
      accepted: `a file of at least ${long + 8n} bytes`,
    });
  return Number(long);
}

/**
 * Reads and checks a header.
 * @param dataBytes bytes of the file after the header
 * @throws InputError naming the file and the tensor: not JSON, a name twice, an unknown dtype, a shape that is none or too large, a size that
 * does not match, offsets outside the file, tensors that overlap, bytes that belong to no tensor.
 */
export function parseHeader(json: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  const header = readJson(json, file);
  const metadata = readMetadata(header['__metadata__'], file);
  const entries = Object.keys(header)
    .filter((name) => name !== '__metadata__')
    .map((name) => readEntry(name, header[name], dataBytes, file));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end || (a.name < b.name ? -1 : 1));
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected)
      throw new InputError({
        field: `${file}: ${name}`,
        problem: begin < expected ? 'overlaps the tensor before it' : 'bytes before it belong to no tensor',
        value: [begin, end],
        accepted: `data that begins at ${expected}`,
      });
    expected = end;
  }
  if (expected !== dataBytes)
    throw new InputError({
      field: file,
      problem: 'the last bytes belong to no tensor',
      value: dataBytes - expected,
      accepted: `${expected} bytes after the header`,
    });
  return { entries, metadata };
}

function readJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw new InputError({ field: file, problem: 'its header is no JSON', accepted: 'a safetensors file', cause });
  }
  if (!isObject(header)) throw new InputError({ field: file, problem: 'its header is no JSON object', accepted: 'a safetensors file' });
  const twice = duplicateName(text);
  if (twice !== undefined) throw new InputError({ field: `${file}: ${twice}`, problem: 'occurs twice in the header', accepted: 'each name once' });
  return header;
}

function readMetadata(metadata: unknown, file: string): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string'))
    throw new InputError({ field: `${file}: __metadata__`, problem: 'wrong type', value: metadata, accepted: 'an object of strings' });
  return metadata as Record<string, string>;
}

function readEntry(name: string, entry: unknown, dataBytes: number, file: string): SafetensorsEntry {
  const field = `${file}: ${name}`;
  if (!isObject(entry))
    throw new InputError({ field, problem: 'not described', value: entry, accepted: 'an object with dtype, shape and data_offsets' });
  const extra = Object.keys(entry).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (extra !== undefined) throw new InputError({ field, problem: 'unknown property', value: extra, accepted: 'dtype, shape, data_offsets' });
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDType(dtype)) throw new InputError({ field, problem: 'dtype not supported', value: dtype, accepted: DTYPES.join(', ') });
  if (!Array.isArray(shape)) throw new InputError({ field, problem: 'no shape', value: shape, accepted: 'an array of integers of at least 0' });
  const { elements } = matrixShape(shape as number[], field);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((offset) => Number.isSafeInteger(offset) && offset >= 0))
    throw new InputError({ field, problem: 'no data_offsets', value: offsets, accepted: 'two integers of at least 0' });
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes)
    throw new InputError({ field, problem: 'data_offsets outside the file', value: offsets, accepted: `0 ≤ begin ≤ end ≤ ${dataBytes}` });
  const bytes = elements * bytesPerElement(dtype);
  if (end - begin !== bytes)
    throw new InputError({
      field,
      problem: `data_offsets do not fit ${dtype} [${shape.join(', ')}]`,
      value: offsets,
      accepted: `${bytes} bytes`,
    });
  return { name, dtype, shape: shape as number[], begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
