import { createHash } from 'node:crypto';
import type { artifact, ArtifactService } from '@fathom/contracts';
import { FathomError, InputError } from '@fathom/errors';
import { bytesPerElement, isDType, matrixShape, tensorBytes, tensorOver, type DType, type Tensor } from '@fathom/tensors';
import type { Remote } from '@fathom/wire';
import { fetchShard } from './fetch-shard.js';

/** Which rows of a tensor, and by which way. */
export interface ReadOptions {
  /** First row. @default 0 */
  readonly first?: number;
  /** Number of rows, at least 1. @default all from `first` on */
  readonly count?: number;
  /** `stream`: through the service. `download`: from the store's own URLs, which only a store in S3 has. @default 'stream' */
  readonly via?: 'stream' | 'download';
  readonly signal?: AbortSignal;
}

type Artifacts = Pick<Remote<typeof ArtifactService>, 'readTensor' | 'getDownload'>;

/**
 * Rows of a tensor as a typed array, checked against SHA-256.
 *
 * @throws InputError for a tensor or rows that there are not, FathomError CORRUPT_DATA where what arrives is not what was sent
 */
export async function readTensor(from: Artifacts, ref: artifact.ArtifactRef, name: string, options: ReadOptions = {}): Promise<Tensor> {
  checkWhole('first', options.first ?? 0, 0);
  checkWhole('count', options.count ?? 1, 1);
  return options.via === 'download' ? downloaded(from, ref, name, options) : streamed(from, ref, name, options);
}

async function streamed(from: Artifacts, ref: artifact.ArtifactRef, tensor: string, { first = 0, count, signal }: ReadOptions): Promise<Tensor> {
  const request = { artifact: ref, tensor, first: BigInt(first), count: BigInt(count ?? 0) };
  const hash = createHash('sha256');
  let made: { info: artifact.TensorInfo; bytes: Uint8Array; at: number } | undefined;
  for await (const piece of from.readTensor(request, signal ? { signal } : {})) {
    if (piece.tensor) made = { info: piece.tensor, bytes: new Uint8Array(bytesOf(piece.tensor)), at: 0 };
    if (!made || made.at + piece.data.length > made.bytes.length) throw incomplete(tensor);
    made.bytes.set(piece.data, made.at);
    made.at += piece.data.length;
    hash.update(piece.data);
    if (piece.sha256 !== '' && made.at === made.bytes.length && piece.sha256 === hash.digest('hex'))
      return tensorOver(tensor, dtypeOf(made.info), shapeOf(made.info), made.bytes);
  }
  throw incomplete(tensor);
}

async function downloaded(from: Artifacts, ref: artifact.ArtifactRef, name: string, { first = 0, count, signal }: ReadOptions): Promise<Tensor> {
  let whole: artifact.TensorInfo | undefined;
  let bytes = new Uint8Array(0);
  let [end, pageToken, filled] = [0, '', 0];
  do {
    const page = await from.getDownload({ artifact: ref, tensors: [name], pageSize: 0, pageToken }, signal ? { signal } : {});
    if (!whole) {
      whole = page.artifact?.tensors.find((tensor) => tensor.name === name);
      if (!whole) throw incomplete(name);
      const { rows } = matrixShape(shapeOf(whole), name);
      end = count === undefined ? rows : first + count;
      if (end > rows || end < first)
        throw new InputError({ field: 'rows', problem: 'go beyond the tensor', value: `${first} to ${end}`, accepted: `0 to ${rows}` });
      bytes = new Uint8Array((end - first) * rowBytes(whole));
    }
    const row = rowBytes(whole);
    for (const shard of page.shards) {
      const part = shard.rows.find(({ tensor }) => tensor === name);
      const [start, stop] = part ? [Math.max(first, Number(part.first)), Math.min(end, Number(part.first + part.count))] : [0, 0];
      if (!part || start >= stop) continue;
      const tensor = (await fetchShard(shard, signal)).get(name);
      if (!tensor) throw incomplete(name);
      bytes.set(tensorBytes(tensor, start - Number(part.first), stop - Number(part.first)), (start - first) * row);
      filled += stop - start;
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  if (filled !== end - first) throw incomplete(name);
  const shape = shapeOf(whole);
  return tensorOver(name, dtypeOf(whole), shape.length === 0 ? [] : [end - first, ...shape.slice(1)], bytes);
}

function checkWhole(field: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new InputError({ field, problem: 'is no number of rows', value, accepted: `a whole number of at least ${least}` });
}

function dtypeOf({ name, dtype }: artifact.TensorInfo): DType {
  if (isDType(dtype)) return dtype;
  throw new FathomError('CORRUPT_DATA', `${name} has elements of the unknown type ${dtype}`);
}

function shapeOf({ shape }: artifact.TensorInfo): number[] {
  return shape.map(Number);
}

function bytesOf(info: artifact.TensorInfo): number {
  return matrixShape(shapeOf(info), info.name).elements * bytesPerElement(dtypeOf(info));
}

function rowBytes(info: artifact.TensorInfo): number {
  return matrixShape(shapeOf(info), info.name).columns * bytesPerElement(dtypeOf(info));
}

function incomplete(tensor: string): FathomError {
  return new FathomError('CORRUPT_DATA', `${tensor} did not arrive as it was sent`);
}
